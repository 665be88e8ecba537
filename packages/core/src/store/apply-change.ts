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
  if (before !== undefined) {
    throw new WatcherError('STORE_STALE_WRITE', `Channel ${change.id} is stored already.`)
  }
  return newChannel(change)
}

/** A channel as it is stored at first. */
export function newChannel({ params, parents, clients, newest }: CreateChannel): StoredChannel {
  const nothing = { fallback: undefined, registered: undefined, record: undefined, isRecordKnown: false }
  return { params, parents, clients, newest, ...nothing }
}

function withNewest(before: StoredChannel, id: ChannelId, newest: HeldState): StoredChannel {
  if (newest.state.version <= before.newest.state.version) {
    throw new WatcherError('STORE_STALE_WRITE', `The stored state of channel ${id} is not older.`, {
      details: [`Stored is version ${before.newest.state.version}, to be written ${newest.state.version}.`],
    })
  }
  return { ...before, newest }
}

function known(before: StoredChannel | undefined, id: ChannelId): StoredChannel {
  assertChannel(before, id)
  return before
}

/** @throws WatcherError `CHANNEL_UNKNOWN` unless the channel to be changed is stored. */
export function assertChannel(before: StoredChannel | undefined, id: ChannelId): asserts before is StoredChannel {
  if (before === undefined) throw new WatcherError('CHANNEL_UNKNOWN', `Channel ${id} is not stored.`)
}
