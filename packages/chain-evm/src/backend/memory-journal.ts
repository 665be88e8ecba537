import type { TransactionAttempt, TransactionJournal } from '@perun-watcher/core/adapter'

/** A journal that ends with the process. */
export function memoryJournal(): TransactionJournal {
  let kept: readonly TransactionAttempt[] = []
  return {
    attempts: async () => kept,
    async putAttempt(attempt) {
      kept = [...kept.filter(({ hash }) => hash !== attempt.hash), attempt]
    },
    async forgetAttempts(account, nonce) {
      kept = kept.filter((attempt) => attempt.account !== account || attempt.nonce > nonce)
    },
  }
}
