import type { TransactionAttempt, TransactionJournal } from '../spi/store.ts'

/** Keeps transactions for as long as the process lives. */
export function memoryJournal(): TransactionJournal {
  const attempts = new Map<string, TransactionAttempt>()
  return {
    async attempts(options) {
      options?.signal?.throwIfAborted()
      return [...attempts.values()]
    },
    async putAttempt(attempt, options) {
      options?.signal?.throwIfAborted()
      attempts.set(attempt.hash, attempt)
    },
    async forgetAttempts(lane, sequence, options) {
      options?.signal?.throwIfAborted()
      for (const attempt of attempts.values()) {
        if (attempt.lane === lane && attempt.sequence <= sequence) attempts.delete(attempt.hash)
      }
    },
  }
}
