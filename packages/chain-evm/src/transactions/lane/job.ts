import type { AbortOptions, ChainTime, Hex } from '@perun-watcher/core'
import { type Inclusion, type SpendingCause, toError } from '@perun-watcher/core/adapter'
import { deferred } from '@perun-watcher/core/internal'
import type { Address } from '../../rpc/evm-client.ts'

export interface TransactionRequest {
  readonly to: Address
  readonly data: Hex
  /** The first instant of chain time at which inclusion is worthless. */
  readonly deadline: ChainTime
  /**
   * What it should take in gas, computed from what is in it and never less than it does take: for when no node can tell.
   * Default: nothing is sent that no node has simulated.
   */
  readonly gas?: bigint | undefined
  /**
   * Most gas that it may take. What would take more is not sent, as if the contract refused it, and what takes more all the
   * same ends there. Default: what a block takes.
   */
  readonly maxGas?: bigint
  /**
   * What it is for; by this it gets its place among others, and is paid for within the budgets. Default: a first answer of
   * nobody in particular.
   */
  readonly purpose?: SpendingCause | undefined
  /** What the chain holds for the channel, in wei. Default: nobody knows. */
  readonly value?: bigint | undefined
  /** Called once, when a node has taken it. */
  readonly onSent?: (() => void) | undefined
}

/** A transaction of ours that a block included, successfully. */
export interface IncludedTransaction extends Omit<Inclusion, 'updates'> {
  /** Of its receipt, as the node gave them. */
  readonly logs: unknown
}

/** A call of `send` that somebody waits for. Settles once; later attempts to settle it do nothing. */
export interface Job {
  readonly request: TransactionRequest
  readonly promise: Promise<IncludedTransaction>
  /** Aborts when the job is settled, so that whatever is done for it ends. */
  readonly signal: AbortSignal
  /** A node has a transaction for it. Never throws. */
  readonly noteSent: () => void
  readonly resolve: (included: IncludedTransaction) => void
  readonly reject: (error: Error) => void
}

/** @param onSettled - called once, when nobody waits any more, whatever the reason */
export function newJob(request: TransactionRequest, options: AbortOptions, onSettled: (job: Job) => void): Job {
  const done = new AbortController()
  const outcome = deferred<IncludedTransaction>()
  let isSent = false
  const onAbort = (): void => finish(() => outcome.reject(options.signal?.reason))
  const finish = (settle: () => void): void => {
    if (done.signal.aborted) return
    options.signal?.removeEventListener('abort', onAbort)
    settle()
    done.abort()
    onSettled(job)
  }
  const job: Job = {
    request,
    promise: outcome.promise,
    signal: done.signal,
    noteSent() {
      if (isSent || done.signal.aborted) return
      isSent = true
      try {
        request.onSent?.()
      } catch {
        // What the listener does of it is not the transaction's concern.
      }
    },
    resolve: (included) => finish(() => outcome.resolve(included)),
    reject: (error) => finish(() => outcome.reject(toError(error))),
  }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  return job
}
