import type { ChannelId, HeldState } from '@perun-watcher/core'
import {
  assertAbsent,
  assertChannel,
  assertNever,
  assertNewer,
  type ChannelChange,
  type ChannelSummary,
  locksOf,
  newChannel,
  type StoredChannel,
  stateBytes,
} from '@perun-watcher/core/adapter'
import { joined } from '@perun-watcher/core/internal'

export type Links = Pick<StoredChannel, 'parents' | 'clients'>

/**
 * What is kept of every channel besides its states: enough for its summary and for checking any change, so that a commit
 * reads no state. Everything but the record can be rebuilt from the rest of the channel.
 */
export interface IndexEntry extends Omit<ChannelSummary, 'id' | 'olderLocks'> {
  /** What the fallback locks; `undefined`: there is none. */
  readonly fallbackLocks: readonly ChannelId[] | undefined
  /** What the registered state locks; `undefined`: none is kept. */
  readonly registeredLocks: readonly ChannelId[] | undefined
}

/**
 * The entry after a change; the counterpart of core's `applyChange`.
 *
 * @returns `undefined` when the channel is gone.
 * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
 */
export function nextEntry(before: IndexEntry | undefined, change: ChannelChange): IndexEntry | undefined {
  if (change.type === 'removeChannel') return undefined
  if (change.type === 'createChannel') {
    assertAbsent(before, change.id)
    return entryOf(newChannel(change))
  }
  assertChannel(before, change.id)
  switch (change.type) {
    case 'putLinks':
      return { ...before, parents: change.parents, clients: change.clients }
    case 'putNewest':
      assertNewer(before.version, change.held.state.version, change.id)
      return withNewest(before, change.held)
    case 'putFallback':
      return { ...before, fallbackLocks: change.held && locksOf(change.held) }
    case 'putRegistered':
      return { ...before, registeredLocks: change.held && locksOf(change.held) }
    case 'putRecord':
      return { ...before, record: change.record, isRecordKnown: true }
    default:
      return assertNever(change)
  }
}

/** The entry of a channel, derived from all its states. */
export function entryOf(stored: StoredChannel): IndexEntry {
  const { params, parents, clients, newest, fallback, registered, record, isRecordKnown } = stored
  return {
    participants: params.participants.length,
    parents,
    clients,
    ...newestOf(newest),
    fallbackLocks: fallback && locksOf(fallback),
    registeredLocks: registered && locksOf(registered),
    record,
    isRecordKnown,
  }
}

export function summaryFrom(id: ChannelId, entry: IndexEntry): ChannelSummary {
  const { participants, parents, clients, version, hash, isFinal, bytes, locks, record, isRecordKnown } = entry
  return {
    id,
    participants,
    parents,
    clients,
    version,
    hash,
    isFinal,
    bytes,
    locks,
    olderLocks: joined(entry.fallbackLocks ?? none, entry.registeredLocks ?? none),
    record,
    isRecordKnown,
  }
}

const none: readonly never[] = []

/** Hot: runs for every published state. Field by field, because spreading one object over another is slow. */
function withNewest(before: IndexEntry, held: HeldState): IndexEntry {
  const { version, hash, isFinal, bytes, locks } = newestOf(held)
  return { ...before, version, hash, isFinal, bytes, locks }
}

const newestOf = (held: HeldState): Pick<IndexEntry, 'version' | 'hash' | 'isFinal' | 'bytes' | 'locks'> => ({
  version: held.state.version,
  hash: held.hash,
  isFinal: held.state.isFinal,
  bytes: stateBytes(held),
  locks: locksOf(held),
})
