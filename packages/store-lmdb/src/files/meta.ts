import { WatcherError } from '@perun-watcher/core'
import { assertLedger } from '@perun-watcher/core/adapter'
import { decode, encode } from '../codec/frame.ts'
import { metaKeys } from '../codec/keys.ts'
import { numberCodec, textCodec } from '../codec/small-codecs.ts'
import { put, type Tables } from './open-tables.ts'

/** Migrates from one format to the next, inside the transaction that opens the store. */
export type Migration = (tables: Tables) => void

/** The migration from format `index + 1` to the next. Only ever append: stores of all formats exist. */
const migrations: readonly Migration[] = []

/** The format that this version writes. */
const formatOf = (steps: readonly Migration[]): number => steps.length + 1

/**
 * Migrates the store to this format and binds it to this ledger. Runs inside a write transaction: all or nothing.
 *
 * @throws WatcherError `STORE_NEWER_FORMAT`, `STORE_OF_ANOTHER_LEDGER`, `STORE_CORRUPT`
 */
export function bind(tables: Tables, ledgerId: string, steps: readonly Migration[] = migrations): void {
  const ours = formatOf(steps)
  const format = assertFormat(tables, ours)
  const owner = readLedger(tables)
  if (owner !== undefined) assertLedger(owner, ledgerId)
  for (const migrate of steps.slice((format ?? ours) - 1)) migrate(tables)
  if (format !== ours) put(tables.meta, metaKeys.format, encode(numberCodec, metaKeys.format, BigInt(ours)))
  if (owner === undefined) put(tables.meta, metaKeys.ledger, encode(textCodec, metaKeys.ledger, ledgerId))
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

/** The ledger that the store belongs to. */
export function readLedger({ meta }: Tables): string | undefined {
  const bytes = meta.getBinary(metaKeys.ledger)
  return bytes && decode(textCodec, metaKeys.ledger, bytes)
}
