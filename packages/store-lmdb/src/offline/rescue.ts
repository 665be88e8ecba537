import { type ChannelId, type ClientName, type HeldState, parseClientName } from '@perun-watcher/core'
import type { Mailbox, StoredLine } from '@perun-watcher/core/adapter'
import { itemWriter, type StoreItem } from '@perun-watcher/core/internal'
import type { Damage } from '../codec/damage.ts'
import { damaged } from '../codec/frame.ts'
import { hashSize } from '../codec/hash.ts'
import { channelOf, idKey, isPart, partKey } from '../codec/keys.ts'
import { batches } from '../files/batches.ts'
import { readLedgers } from '../files/meta.ts'
import { openStore } from '../files/open-store.ts'
import { endOf, type Tables } from '../files/open-tables.ts'
import { lmdbStore } from '../lmdb-store.ts'
import { assertFree } from '../maintenance/backup.ts'
import { mailboxFrom, type Reading, readAttemptsOf, readCursor, readIndex, readStates } from '../reading/read.ts'
import { keptBatches } from '../reading/read-kept.ts'
import { besideFrom, orReported } from '../reading/read-parts.ts'
import { readSpending } from '../reading/read-spending.ts'
import { rebuiltEntry } from '../reading/rebuild.ts'
import { assertThere } from './restore.ts'

export interface Rescue {
  /** How many channels the new store guards. */
  readonly channels: number
  /** All damage; what is not marked as rescued is missing in the new store. */
  readonly damaged: readonly Damage[]
}

/**
 * Copies everything readable from a damaged store that is not in use into a new one, and reports the rest.
 *
 * @throws WatcherError `STORE_NOT_EMPTY`, `STORE_NOT_A_STORE`, `STORE_LOCKED`; `STORE_CORRUPT` where not even the ledgers
 *   can be read
 */
export async function rescueStore({ from, to }: { readonly from: string; readonly to: string }): Promise<Rescue> {
  assertThere(from)
  assertFree(to)
  // Each once: a state may be met as an older one and in the history.
  const damages = new Map<string, Damage>()
  const files = await openStore(from)
  try {
    const tables = files.tables()
    const ledgers = readLedgers(tables)
    const reading: Reading = { tables, ledgers, onDamaged: (damage) => void damages.set(damage.error.message, damage) }
    await using target = lmdbStore({ path: to })
    await target.open(ledgers)
    // In this order, so that they have the same numbers.
    for (const ledger of ledgers) await target.bind(ledger)
    const writer = itemWriter(target)
    let channels = 0
    for (const item of rescuedItems(reading)) {
      await writer.put(item)
      if (item.type === 'channel') channels += 1
    }
    await writer.end()
    for (const [number, ledger] of ledgers.entries()) {
      await target.spendingLog(ledger).write({ ...readSpending(reading, number), dropEntries: [], dropSums: [] })
    }
    return { channels, damaged: [...damages.values()] }
  } finally {
    await files.close()
  }
}

function* rescuedItems(reading: Reading): Generator<StoreItem> {
  const { tables, ledgers } = reading
  for (const id of channelIds(tables)) yield* channelItems(reading, id)
  for (const [number, ledger] of ledgers.entries()) {
    for (const attempt of readAttemptsOf(reading, number)) yield { type: 'attempt', ledger, attempt }
  }
  for (const [number, ledger] of ledgers.entries()) {
    const blockNumber = orReported(reading, undefined, false, () => readCursor(tables, number))
    if (blockNumber !== undefined) yield { type: 'cursor', ledger, blockNumber }
  }
}

/** Every channel of which anything is left: its parameters or its summary. */
function* channelIds(tables: Tables): Generator<ChannelId> {
  for (const batch of batches(() => tables.channels)) {
    for (const { key } of batch) if (isPart(key, 'params')) yield channelOf(key)
  }
  for (const batch of batches(() => tables.index)) {
    for (const { key } of batch)
      if (tables.channels.getBinary(partKey(key, 'params')) === undefined) yield channelOf(key)
  }
}

/** Nothing where parameters or newest state cannot be read, which is reported. */
function* channelItems(reading: Reading, id: ChannelId): Generator<StoreItem> {
  const channel = orReported(reading, id, false, () =>
    readStates(reading, id, readIndex(reading, id) ?? missingEntry(reading, id)),
  )
  if (channel === undefined) return
  const { params, parents, clients, newest, otherLines, records } = channel
  yield {
    type: 'channel',
    id,
    channel: { params, parents, clients, newest, records },
    mailboxes: mailboxesOf(reading, id),
  }
  yield* historyItems(reading, id, 0, channel)
  for (const line of otherLines) {
    yield { type: 'line', id, line: line.number, clients: line.clients, newest: line.newest }
    yield* historyItems(reading, id, line.number, line)
  }
}

function* historyItems(reading: Reading, id: ChannelId, line: number, { older }: StoredLine): Generator<StoreItem> {
  for (const batch of keptBatches(() => reading, id, line)) {
    for (const held of batch) yield { type: 'kept', id, line, held }
  }
  const former = line === 0 ? formerStates(reading, id) : []
  for (const { held } of former) yield { type: 'kept', id, line, held }
  const needed = [...older, ...former.flatMap(({ isOlder, held }) => (isOlder ? [held] : []))]
  if (needed.length === 0) return
  yield { type: 'older', id, line, states: needed.map(({ state, hash }) => ({ version: state.version, hash })) }
}

/** What a store of the first format, which is not migrated here, keeps besides the newest state. */
function formerStates(
  reading: Reading,
  id: ChannelId,
): readonly { readonly held: HeldState; readonly isOlder: boolean }[] {
  return (['fallback', 'registered'] as const).flatMap((part) => {
    const key = partKey(idKey(id), part)
    const value = reading.tables.channels.getBinary(key)
    const held = value && besideFrom(reading, id, { key, value })
    return held === undefined ? [] : [{ held, isOlder: part === 'fallback' }]
  })
}

function missingEntry(reading: Reading, id: ChannelId): ReturnType<typeof rebuiltEntry> {
  const entry = rebuiltEntry(reading, id)
  const error = damaged('summary of a channel', idKey(id), 'It is missing.')
  reading.onDamaged({ channelId: id, error, isRescued: true })
  return entry
}

function mailboxesOf(reading: Reading, id: ChannelId): readonly (readonly [ClientName, Mailbox])[] {
  const start = idKey(id)
  const found = [...reading.tables.mailboxes.getRange({ start, end: endOf(start) })]
  return found.flatMap(({ key, value }) => {
    const mailbox = orReported(reading, id, false, () => mailboxFrom(reading, key, value))
    return mailbox === undefined ? [] : [[parseClientName(key.toString('latin1', hashSize)), mailbox] as const]
  })
}
