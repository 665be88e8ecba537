import type { AbortOptions, Transaction } from '@perun-watcher/core'
import { deferred } from '@perun-watcher/core/internal'

/** A state on its way to the watcher, and the caller that waits for its acknowledgement. */
export interface PendingPublish {
  readonly transaction: Transaction
  readonly version: bigint
  /** Resolves with the acknowledgement; rejects with the reason why there will be none. */
  readonly settled: Promise<void>
  /** The caller has its answer, or has given up. */
  readonly isSettled: boolean
  /** It was sent before, and the connection was lost before the answer arrived. */
  isUncertain: boolean
  resolve(): void
  reject(error: unknown): void
}

/** @param options the signal ends the wait only: a state that was sent may still be accepted. */
export function pendingPublish(transaction: Transaction, { signal }: AbortOptions): PendingPublish {
  const answer = deferred<void>()
  let isSettled = false

  function finish(settle: () => void): void {
    if (isSettled) return
    isSettled = true
    signal?.removeEventListener('abort', onAbort)
    settle()
  }

  function onAbort(): void {
    finish(() => answer.reject(signal?.reason))
  }

  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    transaction,
    version: transaction.state.version,
    settled: answer.promise,
    get isSettled() {
      return isSettled
    },
    isUncertain: false,
    resolve: () => finish(() => answer.resolve()),
    reject: (error) => finish(() => answer.reject(error)),
  }
}
