import type { ChannelId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { ChannelSummary, StoredChannel } from '../spi/store.ts'

const locksOf = (held: HeldState | undefined): readonly ChannelId[] =>
  held?.state.outcome.locked.map((lock) => lock.channelId) ?? []

/** The summary of a stored channel, for stores to share. */
export function summaryOf(id: ChannelId, stored: StoredChannel): ChannelSummary {
  const { params, parents, clients, newest, fallback, registered, record, isRecordKnown } = stored
  return {
    id,
    participants: params.participants.length,
    parents,
    clients,
    version: newest.state.version,
    hash: newest.hash,
    isFinal: newest.state.isFinal,
    locks: locksOf(newest),
    olderLocks: [...locksOf(fallback), ...locksOf(registered)],
    record,
    isRecordKnown,
  }
}
