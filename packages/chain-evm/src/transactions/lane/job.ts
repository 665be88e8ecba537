import { type AbortOptions, type ChainTime, type Hex, type Inclusion, toError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'

export interface TransactionRequest {
  readonly to: Address
  readonly data: Hex
  /** The first instant of chain time at which inclusion is worthless. */
  readonly deadline: ChainTime
  /** Most that this transaction may cost, in wei, for example a share of the value at stake. Default: no such limit. */
  readonly maxCost?: bigint
}

/** A call of `send` that somebody waits for. Settles once; later attempts to settle it do nothing. */
export interface Job {
  readonly request: TransactionRequest
  readonly promise: Promise<Inclusion>
  /** Aborts when the job is settled, so that whatever is done for it ends. */
  readonly signal: AbortSignal
  readonly resolve: (inclusion: Inclusion) => void
  readonly reject: (error: Error) => void
}

/** @param onSettled - called once, when nobody waits any more, whatever the reason */
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
