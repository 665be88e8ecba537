import type { TransactionAttempt, TransactionJournal } from '@perun-watcher/core/adapter'

export interface FaultyJournal extends TransactionJournal {
  readonly entries: readonly TransactionAttempt[]
  /** Writing fails as long as this is set. */
  fault: Error | undefined
}

/** A journal that survives the manager, as a disk does. */
export function faultyJournal(): FaultyJournal {
  const entries: TransactionAttempt[] = []
  const journal: FaultyJournal = {
    entries,
    fault: undefined,
    attempts: async () => [...entries],
    putAttempt: async (attempt) => {
      if (journal.fault !== undefined) throw journal.fault
      entries.push(attempt)
    },
    forgetAttempts: async (lane, sequence) => {
      const kept = entries.filter((entry) => entry.lane !== lane || entry.sequence > sequence)
      entries.splice(0, entries.length, ...kept)
    },
  }
  return journal
}
