import { type LedgerId, parseLedgerId, WatcherError } from '@perun-watcher/core'
import { assertServed } from '@perun-watcher/core/adapter'
import type { OnDamaged } from '../codec/damage.ts'
import { type Codec, decode, encode } from '../codec/frame.ts'
import { metaKeys } from '../codec/keys.ts'
import { numberCodec } from '../codec/small-codecs.ts'
import { type Migration, migrations } from './migrations.ts'
import { put, type Tables } from './open-tables.ts'

/** The format that this version writes. */
const formatOf = (steps: readonly Migration[]): number => steps.length + 1

/**
 * Migrates the store to this format, unless it belongs to a ledger that is not among these. Runs inside a write transaction:
 * all or nothing.
 *
 * @throws WatcherError `STORE_NEWER_FORMAT`, `STORE_OF_ANOTHER_LEDGER`, `STORE_CORRUPT`
 */
export function prepare(
  tables: Tables,
  served: readonly LedgerId[],
  onDamaged: OnDamaged,
  steps: readonly Migration[] = migrations,
): void {
  const ours = formatOf(steps)
  const format = assertFormat(tables, ours)
  for (const ledger of readLedgers(tables)) assertServed(ledger, served)
  for (const migrate of steps.slice((format ?? ours) - 1)) migrate(tables, onDamaged)
  if (format !== ours) put(tables.meta, metaKeys.format, encode(numberCodec, metaKeys.format, BigInt(ours)))
}

/**
 * @returns the format of the store; `undefined`: a new one.
 * @throws WatcherError `STORE_NEWER_FORMAT`, `STORE_CORRUPT`
 */
export function assertFormat({ meta }: Tables, ours = formatOf(migrations)): number | undefined {
  const bytes = meta.getBinary(metaKeys.format)
  const format = bytes && Number(decode(numberCodec, metaKeys.format, bytes))
  if (format === undefined || format <= ours) return format
  throw new WatcherError('STORE_NEWER_FORMAT', 'The store was written by a newer version.', {
    details: [`Its format is ${format}; this version knows formats up to ${ours}.`],
  })
}

const ledgerCodec: Codec<LedgerId> = {
  what: 'ledger of the store',
  write: (writer, value) => writer.text(value),
  read: (reader) => parseLedgerId(reader.text()),
}

const ledgersCodec: Codec<readonly LedgerId[]> = {
  what: 'ledgers of the store',
  write: (writer, value) => writer.list(value, writer.text),
  read: (reader) => reader.list(() => parseLedgerId(reader.text())),
}

/**
 * The ledgers that the store is bound to. Their positions are the numbers by which entries name them, so none ever goes.
 *
 * @throws WatcherError `STORE_CORRUPT`
 */
export function readLedgers({ meta }: Tables): readonly LedgerId[] {
  const first = meta.getBinary(metaKeys.ledger)
  if (first === undefined) return []
  const others = meta.getBinary(metaKeys.ledgers)
  return [
    decode(ledgerCodec, metaKeys.ledger, first),
    ...(others === undefined ? [] : decode(ledgersCodec, metaKeys.ledgers, others)),
  ]
}

/** Gives a ledger the next number, inside a write transaction. @returns what does so; `undefined`: it has one. */
export function binding(tables: Tables, ledger: LedgerId): (() => void) | undefined {
  const [first, ...others] = readLedgers(tables)
  if (first === ledger || others.includes(ledger)) return undefined
  const { meta } = tables
  if (first === undefined) return () => put(meta, metaKeys.ledger, encode(ledgerCodec, metaKeys.ledger, ledger))
  return () => put(meta, metaKeys.ledgers, encode(ledgersCodec, metaKeys.ledgers, [...others, ledger]))
}

/**
 * The number of a ledger that the store is bound to.
 *
 * @throws WatcherError `STORE_OF_ANOTHER_LEDGER`
 */
export function numberOf(ledgers: readonly LedgerId[], ledger: LedgerId): number {
  const number = ledgers.indexOf(ledger)
  if (number >= 0) return number
  throw new WatcherError('STORE_OF_ANOTHER_LEDGER', 'The store is not bound to the ledger.', {
    details: [`Asked for ${ledger}; it is bound to ${ledgers.length === 0 ? 'none' : ledgers.join(', ')}.`],
  })
}
