import type { ChannelId } from '@perun-watcher/core'
import { assertChannel, assertNever, type StoreChange } from '@perun-watcher/core/adapter'
import { encode } from '../codec/frame.ts'
import { indexCodec, linksCodec } from '../codec/index-codec.ts'
import { idKey, mailboxKey, metaKeys, type Part, partKey } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { numberCodec } from '../codec/small-codecs.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import { type IndexEntry, nextEntry } from '../entries/index-entry.ts'
import { forgetEntry, rememberEntry } from '../entries/recent-entries.ts'
import { endOf, put, remove, type Tables } from '../files/open-tables.ts'
import type { Job } from './group-commit.ts'

/** Reads the index entry of a channel inside the transaction; rebuilds a damaged one. */
export type ReadEntry = (tables: Tables, id: ChannelId) => IndexEntry | undefined

type Write = (tables: Tables) => void

/**
 * A commit as a job: encoded at once, checked inside the transaction against what is stored then, and written only if all of
 * its changes are valid.
 */
export function commitJob(tables: () => Tables, changes: readonly StoreChange[], readEntry: ReadEntry): Job {
  const writes = changes.map(writeOf)
  return () => {
    const open = tables()
    const entries = entriesAfter(changes, (id) => readEntry(open, id))
    return () => {
      for (const write of writes) write(open)
      for (const [id, entry] of entries) writeEntry(open, id, entry)
    }
  }
}

/** @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN` */
function entriesAfter(
  changes: readonly StoreChange[],
  stored: (id: ChannelId) => IndexEntry | undefined,
): ReadonlyMap<ChannelId, IndexEntry | undefined> {
  const entries = new Map<ChannelId, IndexEntry | undefined>()
  for (const change of changes) {
    if (change.type === 'putCursor') continue
    const { id } = change
    // Unconditional, so that a damaged channel can be removed, too.
    if (change.type === 'removeChannel') {
      entries.set(id, undefined)
      continue
    }
    const before = entries.has(id) ? entries.get(id) : stored(id)
    if (change.type === 'putMailbox') assertChannel(before, id)
    else entries.set(id, nextEntry(before, change))
  }
  return entries
}

/** What a change writes besides the index entry. */
function writeOf(change: StoreChange): Write {
  if (change.type !== 'putCursor') return writeToChannel(idKey(change.id), change)
  const value = encode(numberCodec, metaKeys.cursor, change.blockNumber)
  return ({ meta }) => put(meta, metaKeys.cursor, value)
}

function writeToChannel(id: Buffer, change: Exclude<StoreChange, { type: 'putCursor' }>): Write {
  switch (change.type) {
    case 'createChannel': {
      const { params, parents, clients, newest } = change
      return all([
        putPart(id, 'params', (key) => encode(paramsCodec, key, params)),
        putPart(id, 'links', (key) => encode(linksCodec, key, { parents, clients })),
        putPart(id, 'newest', (key) => encode(heldCodec, key, newest)),
      ])
    }
    case 'putLinks':
      return putPart(id, 'links', (key) => encode(linksCodec, key, change))
    case 'putNewest':
      return putPart(id, 'newest', (key) => encode(heldCodec, key, change.held))
    case 'putFallback':
      return putHeld(id, 'fallback', change.held)
    case 'putRegistered':
      return putHeld(id, 'registered', change.held)
    case 'putRecord':
      return all([])
    case 'putMailbox': {
      const key = mailboxKey(id, change.client)
      const value = change.mailbox && encode(mailboxCodec, key, change.mailbox)
      return ({ mailboxes }) => (value ? put(mailboxes, key, value) : remove(mailboxes, key))
    }
    case 'removeChannel':
      return (tables) => removeChannel(tables, id)
    default:
      return assertNever(change)
  }
}

const all =
  (writes: readonly Write[]): Write =>
  (tables) => {
    for (const write of writes) write(tables)
  }

function putPart(id: Buffer, part: Part, encoded: (key: Buffer) => Buffer): Write {
  const key = partKey(id, part)
  const value = encoded(key)
  return ({ channels }) => put(channels, key, value)
}

function putHeld(id: Buffer, part: Part, held: Parameters<typeof heldCodec.write>[1] | undefined): Write {
  if (held !== undefined) return putPart(id, part, (key) => encode(heldCodec, key, held))
  const key = partKey(id, part)
  return ({ channels }) => remove(channels, key)
}

function removeChannel({ channels, mailboxes }: Tables, id: Buffer): void {
  for (const key of [...channels.getKeys({ start: id, end: endOf(id) })]) remove(channels, key)
  for (const key of [...mailboxes.getKeys({ start: id, end: endOf(id) })]) remove(mailboxes, key)
}

function writeEntry({ index }: Tables, id: ChannelId, entry: IndexEntry | undefined): void {
  const key = idKey(id)
  if (entry === undefined) {
    remove(index, key)
    forgetEntry(id)
    return
  }
  const bytes = encode(indexCodec, key, entry)
  put(index, key, bytes)
  rememberEntry(id, bytes, entry)
}
