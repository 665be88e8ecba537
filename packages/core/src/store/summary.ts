import type { ChannelId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import { stateBytes } from '../model/state-size.ts'
import type { ChannelSummary, StoredChannel } from '../spi/store.ts'

/** The empty list that most channels have in most places: one array for all, since there may be a million channels. */
export const none: readonly never[] = []

/** The channels that a state locks. */
export function locksOf(held: HeldState | undefined): readonly ChannelId[] {
  const locked = held?.state.outcome.locked ?? none
  return locked.length === 0 ? none : locked.map((lock) => lock.channelId)
}

/** What the older states lock that are kept besides the newest. */
export function olderLocksOf({
  fallback,
  registered,
}: Pick<StoredChannel, 'fallback' | 'registered'>): readonly ChannelId[] {
  return joined(locksOf(fallback), locksOf(registered))
}

/** Two lists as one. Makes no new one where either is empty: there may be a million summaries. */
export function joined<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  if (second.length === 0) return first
  return first.length === 0 ? second : [...first, ...second]
}

/** The summary of a stored channel, for stores to share. */
export function summaryOf(id: ChannelId, stored: StoredChannel): ChannelSummary {
  const { params, parents, clients, newest, record, isRecordKnown } = stored
  return {
    id,
    participants: params.participants.length,
    parents,
    clients,
    version: newest.state.version,
    hash: newest.hash,
    isFinal: newest.state.isFinal,
    bytes: stateBytes(newest),
    locks: locksOf(newest),
    olderLocks: olderLocksOf(stored),
    record,
    isRecordKnown,
  }
}
