import type { SpendingEntry, SpendingKey, SpendingLog, SpendingSum } from '../spi/spending.ts'

const keyOf = ({ lane, sequence }: SpendingKey): string => `${sequence} ${lane}`
const sumKeyOf = ({ day, client }: Pick<SpendingSum, 'day' | 'client'>): string => `${day} ${client ?? ''}`

/** Remembers what was spent for as long as the process lives. */
export function memorySpendingLog(): SpendingLog {
  const entries = new Map<string, SpendingEntry>()
  const sums = new Map<string, SpendingSum>()
  return {
    async read(options) {
      options?.signal?.throwIfAborted()
      return { entries: [...entries.values()], sums: [...sums.values()] }
    },
    async write(changes, options) {
      options?.signal?.throwIfAborted()
      for (const key of changes.dropEntries) entries.delete(keyOf(key))
      for (const sum of changes.dropSums) sums.delete(sumKeyOf(sum))
      for (const entry of changes.entries) entries.set(keyOf(entry), entry)
      for (const sum of changes.sums) sums.set(sumKeyOf(sum), sum)
    },
  }
}
