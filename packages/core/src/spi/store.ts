import type { ChannelId, ClientName, Hex, LedgerId, StateHash } from '../model/brand.ts'
import type { HeldState, Params } from '../model/channel.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { OnChainRecord } from '../model/ledger.ts'
import type { AbortOptions } from './runtime.ts'

/** The adjudicator's record of a channel on one ledger, as it was known last; to be read again after a restart. */
export interface LedgerRecord {
  readonly ledger: LedgerId
  /** `undefined`: the adjudicator held nothing when it was looked at. */
  readonly record: OnChainRecord | undefined
}

/** What is kept of a line besides its newest state, counted. */
export interface History {
  readonly states: number
  /** As core's `stateBytes` counts them. */
  readonly bytes: number
  /** What the kept states lock, each once; at most what they locked since the history was empty last. */
  readonly locks: readonly ChannelId[]
}

/**
 * The states of one line. A line is a channel id with certain funds, the same in all of its states: the contract would
 * take states of one id with other funds, but they fill no lock of ours, and never displace a state that does.
 */
export interface StoredLine {
  /** The newest fully signed state. */
  readonly newest: HeldState
  /** Older states that may still have to be registered, newest first: those that need what `newest` does without. */
  readonly older: readonly HeldState[]
  /** All states that are kept besides the newest, the older ones among them. */
  readonly history: History
}

/** A line besides the one that the channel was created with. */
export interface OtherLine extends StoredLine {
  /** From 1 on, unique in the channel. The first line has the number 0. */
  readonly number: number
  /**
   * Which clients gave us its states; they have no part in the channel's first line. Some may have left the channel since: the
   * line is charged to them while a channel of theirs locks it.
   */
  readonly clients: readonly ClientName[]
}

/** All that is kept of one channel: its first line, and whatever else there is. */
export interface StoredChannel extends StoredLine {
  readonly params: Params
  /** Channels that lock or may lock this one; empty for a ledger channel. */
  readonly parents: readonly ChannelId[]
  /** Who watches it, each once. Empty: archived, no client watches it any more, but a parent still locks it. */
  readonly clients: readonly ClientName[]
  /** Lines with other funds; nearly always none. */
  readonly otherLines: readonly OtherLine[]
  /** One for each ledger of which a record was ever put; for any other ledger, nobody has looked yet. */
  readonly records: readonly LedgerRecord[]
}

/** What one line besides the first has and takes, and which clients gave us its states. */
export interface LineShare extends Pick<OtherLine, 'number' | 'clients'> {
  /** Version, hash and finality of its newest state. */
  readonly version: bigint
  readonly hash: StateHash
  readonly isFinal: boolean
  /** How large its newest state is, as core's `stateBytes` counts. */
  readonly bytes: number
  readonly historyBytes: number
}

/** What a restart needs of a channel: small enough to be read and kept in memory for every channel. */
export interface ChannelSummary extends Pick<StoredChannel, 'parents' | 'clients' | 'records'> {
  readonly id: ChannelId
  /** How many the parameters name. */
  readonly participants: number
  /** Whether the parameters make it a ledger channel, which can be registered by itself. */
  readonly isLedger: boolean
  /** Of the parameters, in seconds. */
  readonly challengeDuration: bigint
  /** Version, hash and finality of the newest state of the first line. */
  readonly version: bigint
  readonly hash: StateHash
  readonly isFinal: boolean
  /** How large the newest states of all lines are, as core's `stateBytes` counts. */
  readonly bytes: number
  /** What the newest state of the first line locks. */
  readonly locks: readonly ChannelId[]
  /** What the newest states of other lines and the older states of all lines lock. */
  readonly olderLocks: readonly ChannelId[]
  /** What the kept states of all lines lock, and their bytes. */
  readonly historyLocks: readonly ChannelId[]
  readonly historyBytes: number
  /** Which part of that is of other lines than the first. */
  readonly otherLines: readonly LineShare[]
}

/** An event that a client has not acknowledged yet. */
export interface NumberedEvent {
  /** Counts the events of one client and channel, from 1 on, without end. */
  readonly sequence: bigint
  readonly event: AdjudicatorEvent
}

/** The same as it is stored: without `transaction` and `actor` of a fact, which are sought anew whenever it is told. */
export interface StoredEvent extends NumberedEvent {
  /** Where it happened. */
  readonly ledger: LedgerId
}

/** What waits for one client of one channel. Bounded by the engine; written as a whole. */
export interface Mailbox {
  /** The sequence given out last; 0: none yet. Never goes down while the client watches the channel. */
  readonly lastSequence: bigint
  /** In ascending order of sequence. */
  readonly events: readonly StoredEvent[]
}

/** Names a state that is kept. */
export interface KeptState {
  readonly version: bigint
  readonly hash: StateHash
  /** As core's `stateBytes` counts them. */
  readonly bytes: number
}

/**
 * One write. `putNewest` is put-if-newer: it is refused unless its version is higher than the stored one of its line, so
 * that no race between two writers can lower the protection. All but `createChannel`, `removeChannel` and `putCursor` need a
 * channel that exists, and those with a `line` need that line. `removeChannel` removes its mailboxes and all states too.
 */
export type StoreChange =
  | {
      readonly type: 'createChannel'
      readonly id: ChannelId
      readonly params: Params
      readonly parents: readonly ChannelId[]
      readonly clients: readonly ClientName[]
      readonly newest: HeldState
    }
  /** Who has a part in which line stays as it is. */
  | {
      readonly type: 'putLinks'
      readonly id: ChannelId
      readonly parents: readonly ChannelId[]
      readonly clients: readonly ClientName[]
    }
  /** Creates a line with other funds; its number, at least 1, is not in use. */
  | {
      readonly type: 'createLine'
      readonly id: ChannelId
      readonly line: number
      readonly clients: readonly ClientName[]
      readonly newest: HeldState
    }
  /** Who has a part in a line other than the first. */
  | {
      readonly type: 'putLineClients'
      readonly id: ChannelId
      readonly line: number
      readonly clients: readonly ClientName[]
    }
  /** Removes a line other than the first, with all its states. */
  | { readonly type: 'removeLine'; readonly id: ChannelId; readonly line: number }
  | { readonly type: 'putNewest'; readonly id: ChannelId; readonly line: number; readonly held: HeldState }
  /** Keeps a state besides the newest. Keeping one that is kept already changes nothing. */
  | { readonly type: 'putKept'; readonly id: ChannelId; readonly line: number; readonly held: HeldState }
  /** Which of the kept states are the older ones of the line, newest first; each is kept already. */
  | { readonly type: 'putOlder'; readonly id: ChannelId; readonly line: number; readonly older: readonly HeldState[] }
  /** Keeps these no longer, and counts none of them among the older ones. What is not kept is passed over. */
  | { readonly type: 'dropKept'; readonly id: ChannelId; readonly line: number; readonly states: readonly KeptState[] }
  | {
      readonly type: 'putRecord'
      readonly id: ChannelId
      readonly ledger: LedgerId
      readonly record: OnChainRecord | undefined
    }
  | { readonly type: 'removeChannel'; readonly id: ChannelId }
  /** `undefined`: removed, because the client left; its count starts over. */
  | {
      readonly type: 'putMailbox'
      readonly id: ChannelId
      readonly client: ClientName
      readonly mailbox: Mailbox | undefined
    }
  | { readonly type: 'putCursor'; readonly ledger: LedgerId; readonly blockNumber: bigint }

/** A transaction that was or will be sent; kept until its sequence number is spent in a final block. */
export interface TransactionAttempt {
  /** What numbers are counted for; on Ethereum the sending account. */
  readonly lane: string
  /** On Ethereum the nonce. */
  readonly sequence: bigint
  readonly hash: Hex
  /** Signed and ready to send again. */
  readonly raw: Hex
}

/** Where the chain backend of one ledger keeps its transactions, so that a restart can pick them up. */
export interface TransactionJournal {
  attempts(options?: AbortOptions): Promise<readonly TransactionAttempt[]>
  /**
   * Resolves once it would survive a crash; only then may the transaction be sent. Does not wait behind commits that wait
   * for the disk: a refutation depends on it.
   */
  putAttempt(attempt: TransactionAttempt, options?: AbortOptions): Promise<void>
  /** Forgets all attempts of `lane` with a sequence number up to and including `sequence`. */
  forgetAttempts(lane: string, sequence: bigint, options?: AbortOptions): Promise<void>
}

/** Gives a chain backend its journal. */
export interface TransactionJournals {
  /**
   * The transactions of one ledger, apart from those of any other: the same account may have spent its nonces there. To be
   * used while the store is open and bound to the ledger.
   */
  journal(ledger: LedgerId): TransactionJournal
}

export interface StoreCapabilities {
  /** A resolved commit survives the end of the process. */
  readonly durable: boolean
}

/** Keeps channels. May be memory, a disk, or another machine: callers expect latency and failure of every call. */
export interface Store extends TransactionJournals, AsyncDisposable {
  readonly capabilities: StoreCapabilities
  /** The ledgers that the store is bound to. Empty before `open`. */
  readonly ledgers: readonly LedgerId[]
  /**
   * Opens the store for all ledgers that the watcher serves. Binds nothing.
   *
   * @throws WatcherError `STORE_OF_ANOTHER_LEDGER` where it is bound to a ledger that is not among them
   */
  open(ledgers: readonly LedgerId[], options?: AbortOptions): Promise<void>
  /**
   * Binds the store to one of the ledgers it was opened for, for good, once it is certain that it is the right one.
   * Idempotent. What belongs to a ledger is read and written only after this.
   *
   * @throws WatcherError `STORE_OF_ANOTHER_LEDGER` where it was not opened for the ledger
   */
  bind(ledger: LedgerId, options?: AbortOptions): Promise<void>
  load(id: ChannelId, options?: AbortOptions): Promise<StoredChannel | undefined>
  /**
   * One state that is kept of a line besides the newest, the older ones included.
   *
   * @param hash - `undefined`: any of this version.
   * @returns `undefined` also where the channel or the line does not exist.
   */
  kept(
    id: ChannelId,
    line: number,
    version: bigint,
    hash: StateHash | undefined,
    options?: AbortOptions,
  ): Promise<HeldState | undefined>
  /** All states that are kept of a line besides the newest, the older ones included, in ascending order of version. */
  history(id: ChannelId, line: number, options?: AbortOptions): AsyncIterable<HeldState>
  /**
   * Writes all changes or none, and resolves once they are as safe as the store can make them. Commits take effect in
   * the order in which they were called, also where nobody waits for an answer any more.
   *
   * @throws WatcherError `STORE_STALE_WRITE` when a `putNewest` is not newer or a channel or line to create exists, and
   *   `CHANNEL_UNKNOWN` when a channel or line to change does not; nothing is written then.
   */
  commit(changes: readonly StoreChange[], options?: AbortOptions): Promise<void>
  /** A summary of every channel, in no particular order, without reading the states. */
  summaries(options?: AbortOptions): AsyncIterable<ChannelSummary>
  mailbox(id: ChannelId, client: ClientName, options?: AbortOptions): Promise<Mailbox | undefined>
  /** Number of the newest final block of a ledger whose effects are stored. */
  cursor(ledger: LedgerId, options?: AbortOptions): Promise<bigint | undefined>
  close(): Promise<void>
}
