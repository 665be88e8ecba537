import type { ChannelId, ClientName, HeldState, LedgerId } from '@perun-watcher/core'
import type { Mailbox, OtherLine, StoredChannel, TransactionAttempt } from '@perun-watcher/core/adapter'
import { type Codec, damaged, decode, isDamage } from '../codec/frame.ts'
import { indexCodec } from '../codec/index-codec.ts'
import { cursorKey, idKey, keptKey, mailboxKey } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { attemptCodec, numberCodec } from '../codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import { type IndexEntry, type LineEntry, none, recordsFrom } from '../entries/index-entry.ts'
import { recalledEntry } from '../entries/recent-entries.ts'
import type { Tables } from '../files/open-tables.ts'
import { type EntryReading, orReported, readBeside, readLineNewest, readPart } from './read-parts.ts'
import { rebuiltEntry } from './rebuild.ts'

export interface Reading extends EntryReading {
  /** Those of the store, by their numbers. */
  readonly ledgers: readonly LedgerId[]
}

/** @throws WatcherError `STORE_CORRUPT` where parameters or newest state cannot be read */
export function readChannel(reading: Reading, id: ChannelId): StoredChannel | undefined {
  const entry = readIndex(reading, id)
  return entry && readStates(reading, id, entry)
}

/** The channel of an index entry. @throws WatcherError `STORE_CORRUPT`, as `readChannel` does */
export function readStates(reading: Reading, id: ChannelId, entry: IndexEntry): StoredChannel {
  const { tables, ledgers } = reading
  const key = idKey(id)
  return {
    params: readPart(tables, id, 'params', paramsCodec),
    parents: entry.parents,
    clients: entry.clients,
    newest: readPart(tables, id, 'newest', heldCodec),
    older: readOlder(reading, id, 0, entry),
    history: entry.history,
    otherLines: entry.otherLines.length === 0 ? none : readOtherLines(reading, id, entry),
    records: recordsFrom(entry.records, (number) => ledgerAt(ledgers, number, indexCodec, key)),
  }
}

/** Lines with other funds: one whose newest state cannot be read is left out. */
function readOtherLines(reading: Reading, id: ChannelId, entry: IndexEntry): readonly OtherLine[] {
  return entry.otherLines.flatMap((line) => {
    const { number, clients, history } = line
    const newest = readLineNewest(reading, id, number)
    return newest === undefined
      ? []
      : [{ number, clients, newest, older: readOlder(reading, id, number, line), history }]
  })
}

function readOlder(reading: EntryReading, id: ChannelId, line: number, { older }: LineEntry): readonly HeldState[] {
  if (older.length === 0) return none
  const key = idKey(id)
  return older.flatMap(({ version, hash }) => readBeside(reading, id, keptKey(key, line, version, hash)) ?? [])
}

/**
 * The index entry of a channel. A damaged one is rebuilt from the other parts, without the records, which will be read from
 * the chain again.
 *
 * @throws WatcherError `STORE_CORRUPT` where that cannot be read either
 */
export function readIndex(reading: EntryReading, id: ChannelId): IndexEntry | undefined {
  try {
    return readEntry(reading.tables, id)
  } catch (error) {
    if (!isDamage(error)) throw error
    const entry = rebuiltEntry(reading, id)
    reading.onDamaged({ channelId: id, error, isRescued: true })
    return entry
  }
}

/** @throws WatcherError `STORE_CORRUPT` */
function readEntry({ index }: Tables, id: ChannelId): IndexEntry | undefined {
  const key = idKey(id)
  const bytes = index.getBinary(key)
  return bytes && (recalledEntry(id, bytes) ?? decode(indexCodec, key, bytes))
}

/** @throws WatcherError `STORE_CORRUPT` */
export function readMailbox(reading: Reading, id: ChannelId, client: ClientName): Mailbox | undefined {
  const key = mailboxKey(idKey(id), client)
  const bytes = reading.tables.mailboxes.getBinary(key)
  return bytes && mailboxFrom(reading, key, bytes)
}

/** @throws WatcherError `STORE_CORRUPT` */
export function mailboxFrom({ ledgers }: Pick<Reading, 'ledgers'>, key: Buffer, bytes: Buffer): Mailbox {
  const { lastSequence, events } = decode(mailboxCodec, key, bytes)
  return {
    lastSequence,
    events: events.map(({ sequence, ledger, event }) => {
      return { sequence, ledger: ledgerAt(ledgers, ledger, mailboxCodec, key), event }
    }),
  }
}

/** The cursor of the ledger with a number. @throws WatcherError `STORE_CORRUPT` */
export function readCursor({ meta }: Tables, ledger: number): bigint | undefined {
  const key = cursorKey(ledger)
  const bytes = meta.getBinary(key)
  return bytes && decode(numberCodec, key, bytes)
}

/** All attempts of the ledger with a number that can be read. */
export const readAttemptsOf = (reading: EntryReading, ledger: number): readonly TransactionAttempt[] =>
  [...reading.tables.attempts.getRange()].flatMap(({ key, value }) => {
    const found = orReported(reading, undefined, false, () => decode(attemptCodec, key, value))
    return found?.ledger === ledger ? [found.attempt] : []
  })

/** The ledger that an entry names. @throws WatcherError `STORE_CORRUPT` */
export function ledgerAt<T>(ledgers: readonly LedgerId[], number: number, { what }: Codec<T>, key: Buffer): LedgerId {
  const ledger = ledgers[number]
  if (ledger === undefined) throw damaged(what, key, `It names ledger ${number}, which the store does not know.`)
  return ledger
}
