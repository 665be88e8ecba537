import type { SpendingEntry, SpendingSum } from '@perun-watcher/core/adapter'
import { type Codec, decode } from '../codec/frame.ts'
import { spendingPrefix } from '../codec/keys.ts'
import { spendingCodec, spendingSumCodec } from '../codec/spending-codec.ts'
import { batches } from '../files/batches.ts'
import { endOf } from '../files/open-tables.ts'
import { type EntryReading, orReported } from './read-parts.ts'

export interface StoredSpending {
  readonly entries: readonly SpendingEntry[]
  readonly sums: readonly SpendingSum[]
}

/** What the transactions of the ledger with a number cost. What cannot be read is reported and left out. */
export function readSpending(reading: EntryReading, ledger: number): StoredSpending {
  function all<T>(what: 'entry' | 'sum', codec: Codec<T>): readonly T[] {
    const start = spendingPrefix(ledger, what)
    const found = [...batches(() => reading.tables.spending, { start, end: endOf(start) })].flat()
    return found.flatMap(
      ({ key, value }) => orReported(reading, undefined, false, () => decode(codec, key, value)) ?? [],
    )
  }
  return { entries: all('entry', spendingCodec), sums: all('sum', spendingSumCodec) }
}
