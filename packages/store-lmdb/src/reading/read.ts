import type { ChannelId, ClientName, HeldState } from '@perun-watcher/core'
import type { Mailbox, StoredChannel, TransactionAttempt } from '@perun-watcher/core/adapter'
import { type Codec, damaged, decode, isDamage } from '../codec/frame.ts'
import { indexCodec, linksCodec } from '../codec/index-codec.ts'
import { idKey, mailboxKey, metaKeys, type Part, partKey } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { attemptCodec, numberCodec } from '../codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import { entryOf, type IndexEntry } from '../entries/index-entry.ts'
import { recalledEntry } from '../entries/recent-entries.ts'
import type { Table, Tables } from '../files/open-tables.ts'
import type { OnDamaged } from './damage.ts'

export interface Reading {
  readonly tables: Tables
  /** Called with everything that cannot be read, each time that it is met. */
  readonly onDamaged: OnDamaged
}

/** @throws WatcherError `STORE_CORRUPT` where parameters or newest state cannot be read */
export function readChannel(reading: Reading, id: ChannelId): StoredChannel | undefined {
  const entry = readIndex(reading, id)
  return entry && readStates(reading, id, entry)
}

/** The channel of an index entry. @throws WatcherError `STORE_CORRUPT`, as `readChannel` does */
export function readStates(reading: Reading, id: ChannelId, entry: IndexEntry): StoredChannel {
  const { parents, clients, record, isRecordKnown } = entry
  return {
    params: readPart(reading.tables, id, 'params', paramsCodec),
    parents,
    clients,
    newest: readPart(reading.tables, id, 'newest', heldCodec),
    fallback: entry.fallbackLocks && readOlder(reading, id, 'fallback'),
    registered: entry.registeredLocks && readOlder(reading, id, 'registered'),
    record,
    isRecordKnown,
  }
}

/**
 * The index entry of a channel. A damaged one is rebuilt from the other parts, without the record: it is marked as unknown,
 * and will be read from the chain again.
 *
 * @throws WatcherError `STORE_CORRUPT` where that cannot be read either
 */
export function readIndex(reading: Reading, id: ChannelId): IndexEntry | undefined {
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

/** The index entry of a channel, rebuilt from its other parts. */
export function rebuiltEntry(reading: Reading, id: ChannelId): IndexEntry {
  const { tables } = reading
  return entryOf({
    params: readPart(tables, id, 'params', paramsCodec),
    ...readPart(tables, id, 'links', linksCodec),
    newest: readPart(tables, id, 'newest', heldCodec),
    fallback: readOlder(reading, id, 'fallback'),
    registered: readOlder(reading, id, 'registered'),
    record: undefined,
    isRecordKnown: false,
  })
}

/** An older state that is kept besides the newest, which protects the channel without it, too. */
function readOlder(reading: Reading, id: ChannelId, part: 'fallback' | 'registered'): HeldState | undefined {
  const key = partKey(idKey(id), part)
  const bytes = reading.tables.channels.getBinary(key)
  if (bytes === undefined) return undefined
  try {
    return decode(heldCodec, key, bytes)
  } catch (error) {
    if (!isDamage(error)) throw error
    reading.onDamaged({ channelId: id, error, isRescued: true })
    return undefined
  }
}

function readPart<T>({ channels }: Tables, id: ChannelId, part: Part, codec: Codec<T>): T {
  const key = partKey(idKey(id), part)
  const bytes = channels.getBinary(key)
  if (bytes === undefined) throw damaged(codec.what, key, 'It is missing.')
  return decode(codec, key, bytes)
}

/** @throws WatcherError `STORE_CORRUPT` */
export function readMailbox({ mailboxes }: Tables, id: ChannelId, client: ClientName): Mailbox | undefined {
  const key = mailboxKey(idKey(id), client)
  const bytes = mailboxes.getBinary(key)
  return bytes && decode(mailboxCodec, key, bytes)
}

/** @throws WatcherError `STORE_CORRUPT` */
export function readCursor({ meta }: Tables): bigint | undefined {
  const bytes = meta.getBinary(metaKeys.cursor)
  return bytes && decode(numberCodec, metaKeys.cursor, bytes)
}

/** All attempts that can be read. */
export function readAttempts({ tables, onDamaged }: Reading): readonly TransactionAttempt[] {
  return entriesOf(tables.attempts).flatMap(({ key, value }) => {
    try {
      return [decode(attemptCodec, key, value)]
    } catch (error) {
      if (!isDamage(error)) throw error
      onDamaged({ channelId: undefined, error, isRescued: false })
      return []
    }
  })
}

export interface KeyValue {
  readonly key: Buffer
  readonly value: Buffer
}

const entriesOf = (table: Table): readonly KeyValue[] => [...table.getRange()]

/** How many entries are read at once. No snapshot is held open while the caller works: it would make the file grow. */
const batchSize = 1_000

/** The entries of a table in batches. Changes made meanwhile may or may not be seen. */
export function* batches(table: () => Table): Generator<readonly KeyValue[]> {
  let start: Buffer | undefined
  for (;;) {
    const after = start === undefined ? {} : { start, exclusiveStart: true }
    const batch: readonly KeyValue[] = [...table().getRange({ ...after, limit: batchSize })]
    if (batch.length > 0) yield batch
    const last = batch.at(-1)
    if (last === undefined || batch.length < batchSize) return
    start = last.key
  }
}
