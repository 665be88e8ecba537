import { assertNever, WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { StoreChange, StoredChannel } from '../spi/store.ts'

/** Changes of one channel itself; mailboxes and the cursor stand beside it. */
export type ChannelChange = Exclude<StoreChange, { type: 'putCursor' | 'putMailbox' }>

/**
 * What a change makes of one stored channel: the meaning of {@link StoreChange}, for stores to share.
 *
 * @returns the channel afterwards; `undefined` when it is gone.
 * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
 */
export function applyChange(before: StoredChannel | undefined, change: ChannelChange): StoredChannel | undefined {
  switch (change.type) {
    case 'createChannel':
      return created(before, change)
    case 'putLinks':
      return { ...known(before, change.id), parents: change.parents, clients: change.clients }
    case 'putNewest':
      return withNewest(known(before, change.id), change.id, change.held)
    case 'putFallback':
      return { ...known(before, change.id), fallback: change.held }
    case 'putRegistered':
      return { ...known(before, change.id), registered: change.held }
    case 'putRecord':
      return { ...known(before, change.id), record: change.record, isRecordKnown: true }
    case 'removeChannel':
      return undefined
    default:
      return assertNever(change)
  }
}

type CreateChannel = Extract<ChannelChange, { type: 'createChannel' }>

function created(before: StoredChannel | undefined, change: CreateChannel): StoredChannel {
  assertAbsent(before, change.id)
  return newChannel(change)
}

/** A channel as it is stored at first. */
export function newChannel({ params, parents, clients, newest }: CreateChannel): StoredChannel {
  const nothing = { fallback: undefined, registered: undefined, record: undefined, isRecordKnown: false }
  return { params, parents, clients, newest, ...nothing }
}

function withNewest(before: StoredChannel, id: ChannelId, newest: HeldState): StoredChannel {
  assertNewer(before.newest.state.version, newest.state.version, id)
  return { ...before, newest }
}

function known(before: StoredChannel | undefined, id: ChannelId): StoredChannel {
  assertChannel(before, id)
  return before
}

/** @throws WatcherError `CHANNEL_UNKNOWN` unless the channel to be changed is stored; `before` is what a store has of it. */
export function assertChannel<T>(before: T | undefined, id: ChannelId): asserts before is T {
  if (before === undefined) throw new WatcherError('CHANNEL_UNKNOWN', `Channel ${id} is not stored.`)
}

/** @throws WatcherError `STORE_STALE_WRITE` if the channel to be created is stored; `before` is what a store has of it. */
export function assertAbsent(before: unknown, id: ChannelId): void {
  if (before !== undefined) throw new WatcherError('STORE_STALE_WRITE', `Channel ${id} is stored already.`)
}

/** @throws WatcherError `STORE_STALE_WRITE` unless the version to be written is higher than the one stored. */
export function assertNewer(stored: bigint, version: bigint, id: ChannelId): void {
  if (version > stored) return
  throw new WatcherError('STORE_STALE_WRITE', `The stored state of channel ${id} is not older.`, {
    details: [`Stored is version ${stored}, to be written ${version}.`],
  })
}
