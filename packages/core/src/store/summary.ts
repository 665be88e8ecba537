import type { ChannelId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import { stateBytes } from '../model/state-size.ts'
import type { ChannelSummary, LineShare, OtherLine, StoredChannel, StoredLine } from '../spi/store.ts'

/** The empty list that most channels have in most places: one array for all, since there may be a million channels. */
export const none: readonly never[] = []

/** The channels that a state locks. */
export function locksOf(held: HeldState): readonly ChannelId[] {
  const { locked } = held.state.outcome
  return locked.length === 0 ? none : locked.map((lock) => lock.channelId)
}

/** Two lists as one, each item once. Makes no new one where either is empty: there may be a million summaries. */
export function joined<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  if (second.length === 0) return first
  return first.length === 0 ? second : [...new Set([...first, ...second])]
}

export function hasSameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, at) => item === b[at]))
}

const olderLocksOfLine = ({ older }: StoredLine): readonly ChannelId[] =>
  older.reduce<readonly ChannelId[]>((locks, held) => joined(locks, locksOf(held)), none)

/** What the newest states of other lines and the older states of all lines lock. */
export function olderLocksOf(stored: Pick<StoredChannel, keyof StoredLine | 'otherLines'>): readonly ChannelId[] {
  return stored.otherLines.reduce<readonly ChannelId[]>(
    (locks, line) => joined(joined(locks, locksOf(line.newest)), olderLocksOfLine(line)),
    olderLocksOfLine(stored),
  )
}

function shareOf({ number, clients, newest, history }: OtherLine): LineShare {
  const { version, isFinal } = newest.state
  const state = { version, hash: newest.hash, isFinal, bytes: stateBytes(newest) }
  return { number, clients, ...state, historyBytes: history.bytes }
}

/** The summary of a stored channel, for stores to share. */
export function summaryOf(id: ChannelId, stored: StoredChannel): ChannelSummary {
  const { params, parents, clients, newest, history, otherLines, records } = stored
  return {
    id,
    participants: params.participants.length,
    isLedger: params.ledgerChannel,
    challengeDuration: params.challengeDuration,
    parents,
    clients,
    version: newest.state.version,
    hash: newest.hash,
    isFinal: newest.state.isFinal,
    bytes: otherLines.reduce((bytes, line) => bytes + stateBytes(line.newest), stateBytes(newest)),
    locks: locksOf(newest),
    olderLocks: olderLocksOf(stored),
    historyLocks: otherLines.reduce((locks, line) => joined(locks, line.history.locks), history.locks),
    historyBytes: otherLines.reduce((bytes, line) => bytes + line.history.bytes, history.bytes),
    otherLines: otherLines.length === 0 ? none : otherLines.map(shareOf),
    records,
  }
}
