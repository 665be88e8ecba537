import type { Transaction } from '../model/channel.ts'

/** A state that waits for its check, and somebody who waits for the answer. */
export interface Submission {
  readonly transaction: Transaction
  readonly version: bigint
  /** The answer, or the signal's reason. */
  readonly settled: Promise<void>
  /** Nobody waits any more. */
  readonly isSettled: boolean
  resolve(): void
  reject(error: unknown): void
}

export function submission(transaction: Transaction, signal: AbortSignal | undefined): Submission {
  let isSettled = false
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined
  const settled = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })

  function finish(end: () => void): void {
    if (isSettled) return
    isSettled = true
    signal?.removeEventListener('abort', onAbort)
    end()
  }

  function onAbort(): void {
    finish(() => settle?.reject(signal?.reason))
  }

  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    transaction,
    version: transaction.state.version,
    settled,
    get isSettled() {
      return isSettled
    },
    resolve: () => finish(() => settle?.resolve()),
    reject: (error) => finish(() => settle?.reject(error)),
  }
}
