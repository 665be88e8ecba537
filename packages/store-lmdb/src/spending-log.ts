import type { AbortOptions } from '@perun-watcher/core'
import type { SpendingChanges, SpendingLog } from '@perun-watcher/core/adapter'
import { type Codec, encode } from './codec/frame.ts'
import { spendingKey, spendingSumKey } from './codec/keys.ts'
import { spendingCodec, spendingSumCodec } from './codec/spending-codec.ts'
import type { Job } from './commits/group-commit.ts'
import { put, remove, type Tables } from './files/open-tables.ts'
import type { EntryReading } from './reading/read-parts.ts'
import { readSpending } from './reading/read-spending.ts'

export interface SpendingLogDeps {
  /** The number of the ledger; `undefined`: the store is not bound to it. */
  readonly numberRead: () => number | undefined
  /** @throws WatcherError `STORE_OF_ANOTHER_LEDGER` */
  readonly numberWritten: () => number
  readonly tables: () => Tables
  readonly reading: () => EntryReading
  read<T>(options: AbortOptions | undefined, work: () => T): Promise<T>
  write(options: AbortOptions | undefined, job: Job): Promise<void>
}

/** What the transactions of one ledger cost, in a table of its own. What is damaged is reported and left out. */
export function spendingLog(deps: SpendingLogDeps): SpendingLog {
  function jobOf({ entries, dropEntries, sums, dropSums }: SpendingChanges): Job {
    const number = deps.numberWritten()
    const dropped = [
      ...dropEntries.map((key) => spendingKey(number, key)),
      ...dropSums.map((sum) => spendingSumKey(number, sum)),
    ]
    const written = [
      ...entries.map((entry) => encoded(spendingKey(number, entry), spendingCodec, entry)),
      ...sums.map((sum) => encoded(spendingSumKey(number, sum), spendingSumCodec, sum)),
    ]
    return () => () => {
      const { spending } = deps.tables()
      for (const key of dropped) remove(spending, key)
      for (const { key, value } of written) put(spending, key, value)
    }
  }

  return {
    read: (options) =>
      deps.read(options, () => {
        const number = deps.numberRead()
        return number === undefined ? { entries: [], sums: [] } : readSpending(deps.reading(), number)
      }),
    write: async (changes, options) => await deps.write(options, jobOf(changes)),
  }
}

function encoded<T>(key: Buffer, codec: Codec<T>, content: T) {
  return { key, value: encode(codec, key, content) }
}
