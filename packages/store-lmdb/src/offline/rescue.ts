import { type ChannelId, type ClientName, parseClientName } from '@perun-watcher/core'
import type { Mailbox } from '@perun-watcher/core/adapter'
import { putStoreItem, type StoreItem } from '@perun-watcher/core/internal'
import { damaged, decode, isDamage } from '../codec/frame.ts'
import { hashSize } from '../codec/hash.ts'
import { channelOf, idKey, isPart, partKey } from '../codec/keys.ts'
import { mailboxCodec } from '../codec/mailbox-codec.ts'
import { readLedger } from '../files/meta.ts'
import { openStore } from '../files/open-store.ts'
import { endOf, type Tables } from '../files/open-tables.ts'
import { lmdbStore } from '../lmdb-store.ts'
import { assertFree } from '../maintenance/backup.ts'
import type { Damage } from '../reading/damage.ts'
import {
  batches,
  type Reading,
  readAttempts,
  readCursor,
  readIndex,
  readStates,
  rebuiltEntry,
} from '../reading/read.ts'
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
 * @throws WatcherError `STORE_NOT_EMPTY`, `STORE_NOT_A_STORE`, `STORE_LOCKED`; `STORE_CORRUPT` where not even the ledger
 *   can be read
 */
export async function rescueStore({ from, to }: { readonly from: string; readonly to: string }): Promise<Rescue> {
  assertThere(from)
  assertFree(to)
  const damages: Damage[] = []
  const files = await openStore(from, undefined)
  try {
    const reading: Reading = { tables: files.tables(), onDamaged: (damage) => void damages.push(damage) }
    await using target = lmdbStore({ path: to })
    await target.open(readLedger(reading.tables) ?? '')
    let channels = 0
    for (const group of groups(rescuedItems(reading))) {
      await Promise.all(group.map((item) => putStoreItem(target, item)))
      channels += group.filter(({ type }) => type === 'channel').length
    }
    return { channels, damaged: damages }
  } finally {
    await files.close()
  }
}

/** How many items are written in parallel. */
const groupSize = 256

function* groups(items: Iterable<StoreItem>): Generator<readonly StoreItem[]> {
  let group: StoreItem[] = []
  for (const item of items) {
    group.push(item)
    if (group.length < groupSize) continue
    yield group
    group = []
  }
  yield group
}

function* rescuedItems(reading: Reading): Generator<StoreItem> {
  const { tables, onDamaged } = reading
  for (const id of channelIds(tables)) {
    const item = rescued(reading, id, () => channelItem(reading, id))
    if (item !== undefined) yield item
  }
  for (const attempt of readAttempts(reading)) yield { type: 'attempt', attempt }
  const blockNumber = rescued({ tables, onDamaged }, undefined, () => readCursor(tables))
  if (blockNumber !== undefined) yield { type: 'cursor', blockNumber }
}

function rescued<T>({ onDamaged }: Reading, channelId: ChannelId | undefined, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isDamage(error)) throw error
    onDamaged({ channelId, error, isRescued: false })
    return undefined
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

/** @throws WatcherError `STORE_CORRUPT` where parameters or newest state cannot be read */
function channelItem(reading: Reading, id: ChannelId): StoreItem {
  const entry = readIndex(reading, id) ?? missingEntry(reading, id)
  return { type: 'channel', id, channel: readStates(reading, id, entry), mailboxes: mailboxesOf(reading, id) }
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
    const mailbox = rescued(reading, id, () => decode(mailboxCodec, key, value))
    return mailbox === undefined ? [] : [[parseClientName(key.toString('latin1', hashSize)), mailbox] as const]
  })
}
