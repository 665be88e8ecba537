import { type AbortOptions, type Inclusion, toError } from '@perun-watcher/core'
import type { TransactionRequest } from '../manager/transaction-types.ts'

/** A call of `send` that somebody waits for. Settles once; later attempts to settle it do nothing. */
export interface Job {
  readonly request: TransactionRequest
  readonly promise: Promise<Inclusion>
  /** Aborts when the job is settled, so that whatever works for it ends. */
  readonly signal: AbortSignal
  readonly resolve: (inclusion: Inclusion) => void
  readonly reject: (error: Error) => void
}

/** @param onSettled - called once, when nobody waits any more, for whichever reason */
export function newJob(request: TransactionRequest, options: AbortOptions, onSettled: (job: Job) => void): Job {
  const done = new AbortController()
  let settle: { resolve: (inclusion: Inclusion) => void; reject: (error: unknown) => void } | undefined
  const promise = new Promise<Inclusion>((resolve, reject) => {
    settle = { resolve, reject }
  })
  const onAbort = (): void => finish((waiting) => waiting.reject(options.signal?.reason))
  const finish = (tell: (waiting: NonNullable<typeof settle>) => void): void => {
    const waiting = settle
    if (waiting === undefined) return
    settle = undefined
    options.signal?.removeEventListener('abort', onAbort)
    tell(waiting)
    done.abort()
    onSettled(job)
  }
  const job: Job = {
    request,
    promise,
    signal: done.signal,
    resolve: (inclusion) => finish((waiting) => waiting.resolve(inclusion)),
    reject: (error) => finish((waiting) => waiting.reject(toError(error))),
  }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  return job
}
