import type { ChannelId, HeldState, LedgerId, OnChainRecord, StateHash } from '@perun-watcher/core'
import {
  type ChannelSummary,
  type History,
  type LineShare,
  locksOf,
  noHistory,
  type OtherLine,
  type StoredChannel,
  stateBytes,
} from '@perun-watcher/core/adapter'
import { joined } from '@perun-watcher/core/internal'

export type Links = Pick<StoredChannel, 'parents' | 'clients'>

/** An older state that may still have to be registered, and where it is kept. */
export interface OlderState {
  readonly version: bigint
  readonly hash: StateHash
  readonly locks: readonly ChannelId[]
}

/** What is kept of a line besides its states. */
export interface LineEntry {
  /** Of the newest state. */
  readonly version: bigint
  readonly hash: StateHash
  readonly isFinal: boolean
  readonly bytes: number
  readonly locks: readonly ChannelId[]
  /** Newest first. */
  readonly older: readonly OlderState[]
  readonly history: History
}

export interface OtherLineEntry extends LineEntry, Pick<OtherLine, 'number' | 'clients'> {}

export interface RecordEntry {
  /** The number of the ledger in this store. */
  readonly ledger: number
  readonly record: OnChainRecord | undefined
}

/**
 * What is kept of every channel besides its states: enough for its summary and for checking any change, so that a commit
 * reads no state. Everything but the records can be rebuilt from the rest of the channel.
 */
export interface IndexEntry extends LineEntry, Links {
  readonly participants: number
  readonly isLedger: boolean
  readonly challengeDuration: bigint
  readonly otherLines: readonly OtherLineEntry[]
  readonly records: readonly RecordEntry[]
}

/** The empty list, one array for all: of a million channels most have nothing in most places. */
export const none: readonly never[] = []

/** The entry of a line that holds nothing but its newest state. */
export function newLineEntry(newest: HeldState): LineEntry {
  return { ...newestOf(newest), older: none, history: noHistory }
}

/** What an entry says of a newest state. */
export const newestOf = (held: HeldState): Pick<LineEntry, 'version' | 'hash' | 'isFinal' | 'bytes' | 'locks'> => ({
  version: held.state.version,
  hash: held.hash,
  isFinal: held.state.isFinal,
  bytes: stateBytes(held),
  locks: locksOf(held),
})

/** What an entry says of an older state. */
export const olderOf = (held: HeldState): OlderState => ({
  version: held.state.version,
  hash: held.hash,
  locks: locksOf(held),
})

function shareOf({ number, clients, version, hash, isFinal, bytes, history }: OtherLineEntry): LineShare {
  return { number, clients, version, hash, isFinal, bytes, historyBytes: history.bytes }
}

/** @param ledgerAt - The ledger with a number. */
export function summaryFrom(id: ChannelId, entry: IndexEntry, ledgerAt: (number: number) => LedgerId): ChannelSummary {
  const { participants, isLedger, challengeDuration, parents, clients, version, hash, isFinal, locks } = entry
  const { otherLines, records } = entry
  return {
    id,
    participants,
    isLedger,
    challengeDuration,
    parents,
    clients,
    version,
    hash,
    isFinal,
    bytes: otherLines.reduce((bytes, line) => bytes + line.bytes, entry.bytes),
    locks,
    olderLocks: otherLines.reduce(
      (all, line) => joined(joined(all, line.locks), olderLocksOf(line)),
      olderLocksOf(entry),
    ),
    historyLocks: otherLines.reduce((all, line) => joined(all, line.history.locks), entry.history.locks),
    historyBytes: otherLines.reduce((bytes, line) => bytes + line.history.bytes, entry.history.bytes),
    otherLines: otherLines.length === 0 ? none : otherLines.map(shareOf),
    records: recordsFrom(records, ledgerAt),
  }
}

/** The records of a channel with the ledgers that they are of. */
export function recordsFrom(
  records: readonly RecordEntry[],
  ledgerAt: (number: number) => LedgerId,
): StoredChannel['records'] {
  return records.length === 0 ? none : records.map(({ ledger, record }) => ({ ledger: ledgerAt(ledger), record }))
}

const olderLocksOf = ({ older }: LineEntry): readonly ChannelId[] =>
  older.reduce<readonly ChannelId[]>((all, { locks }) => joined(all, locks), none)

/** The line with a number; `undefined`: there is none. */
export const lineOf = (entry: IndexEntry, number: number): LineEntry | undefined =>
  number === 0 ? entry : entry.otherLines.find((line) => line.number === number)
