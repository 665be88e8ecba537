import type { ChannelId, ClientName, HeldState } from '@perun-watcher/core'
import { historyWith, noHistory } from '@perun-watcher/core/adapter'
import { lineClientsCodec, linksCodec } from '../codec/index-codec.ts'
import { idKey, lineKey, lineOfKey, linePrefix } from '../codec/keys.ts'
import { heldCodec, paramsCodec } from '../codec/state-codec.ts'
import {
  type IndexEntry,
  type LineEntry,
  type Links,
  newestOf,
  none,
  type OlderState,
  type OtherLineEntry,
  olderOf,
} from '../entries/index-entry.ts'
import { endOf } from '../files/open-tables.ts'
import { keptBatches } from './read-kept.ts'
import { type EntryReading, orReported, readLineNewest, readPart, readValue } from './read-parts.ts'

/**
 * The index entry of a channel, rebuilt from its other parts. What they do not tell: the records; which of the kept states were
 * the older ones of a line, for which those are taken that need no more than any newer one; and whether a client of a line
 * had left the channel and come back since.
 *
 * @throws WatcherError `STORE_CORRUPT` where parameters, links or newest state cannot be read
 */
export function rebuiltEntry(reading: EntryReading, id: ChannelId): IndexEntry {
  const { tables } = reading
  const params = readPart(tables, id, 'params', paramsCodec)
  const links = readPart(tables, id, 'links', linksCodec)
  const newest = readPart(tables, id, 'newest', heldCodec)
  return {
    participants: params.participants.length,
    isLedger: params.ledgerChannel,
    challengeDuration: params.challengeDuration,
    parents: links.parents,
    clients: links.clients,
    ...rebuiltLine(reading, id, 0, newest),
    otherLines: rebuiltLines(reading, id, links),
    records: none,
  }
}

function rebuiltLines(reading: EntryReading, id: ChannelId, links: Links): readonly OtherLineEntry[] {
  const start = linePrefix(idKey(id), 'lineNewest')
  const keys = [...reading.tables.channels.getKeys({ start, end: endOf(start) })]
  if (keys.length === 0) return none
  return keys.map(lineOfKey).flatMap((number) => {
    const newest = readLineNewest(reading, id, number)
    if (newest === undefined) return []
    const clients = readLineClients(reading, id, number) ?? links.clients
    return [{ number, clients, ...rebuiltLine(reading, id, number, newest) }]
  })
}

/** @returns `undefined` where they cannot be read, which is reported. */
const readLineClients = (reading: EntryReading, id: ChannelId, line: number): readonly ClientName[] | undefined =>
  orReported(reading, id, true, () =>
    readValue(reading.tables, lineKey(idKey(id), 'lineClients', line), lineClientsCodec),
  )

function rebuiltLine(reading: EntryReading, id: ChannelId, line: number, newest: HeldState): LineEntry {
  let history = noHistory
  let older: readonly OlderState[] = none
  for (const batch of keptBatches(() => reading, id, line)) {
    for (const held of batch) {
      history = historyWith(history, held)
      older = withNewer(older, olderOf(held))
    }
  }
  const needed =
    older.length === 0 ? none : withNewer(older, olderOf(newest)).filter(({ hash }) => hash !== newest.hash)
  return { ...newestOf(newest), older: needed.toReversed(), history }
}

/** As many older states as are derived; the engine keeps about as many. */
const mostOlder = 64

/** Oldest first: what a newer state does not replace, because that needs a lock which it does without; and the newer state. */
function withNewer(older: readonly OlderState[], newer: OlderState): readonly OlderState[] {
  const needed = older.filter(({ locks }) => newer.locks.some((id) => !locks.includes(id)))
  return [...needed.slice(-mostOlder), newer]
}
