import type { ChannelId, ClientName, Hex, StateHash } from '../model/brand.ts'
import type { HeldState, Params } from '../model/channel.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { OnChainRecord } from '../model/ledger.ts'
import type { AbortOptions } from './runtime.ts'

/** All that is kept of one channel. */
export interface StoredChannel {
  readonly params: Params
  /** Channels that lock or may lock this one; empty for a ledger channel. */
  readonly parents: readonly ChannelId[]
  /** Who watches it, each once. Empty: archived, no client watches it any more, but a parent still locks it. */
  readonly clients: readonly ClientName[]
  /** The newest fully signed state. */
  readonly newest: HeldState
  /** The newest older state whose whole tree is known, kept while that of `newest` is not. */
  readonly fallback: HeldState | undefined
  /** The state that the adjudicator holds, where it is known and differs from `newest`. */
  readonly registered: HeldState | undefined
  /** The adjudicator's record as it was known last; to be read again after a restart. */
  readonly record: OnChainRecord | undefined
  /** Whether a record was ever put, `undefined` included: if not, nobody has looked yet. */
  readonly isRecordKnown: boolean
}

/** What a restart needs of a channel: small enough to be read and kept in memory for every channel. */
export interface ChannelSummary extends Pick<StoredChannel, 'parents' | 'clients' | 'record' | 'isRecordKnown'> {
  readonly id: ChannelId
  /** How many the parameters name. */
  readonly participants: number
  /** Version, hash and finality of the newest state. */
  readonly version: bigint
  readonly hash: StateHash
  readonly isFinal: boolean
  /** How large the newest state is, as core's `stateBytes` counts. */
  readonly bytes: number
  /** What the newest state locks. */
  readonly locks: readonly ChannelId[]
  /** What the older states lock that are kept besides: the fallback, and the registered one. */
  readonly olderLocks: readonly ChannelId[]
}

/** An event that a client has not acknowledged yet. */
export interface NumberedEvent {
  /** Counts the events of one client and channel, from 1 on, without end. */
  readonly sequence: bigint
  readonly event: AdjudicatorEvent
}

/** What waits for one client of one channel. Bounded by the engine; written as a whole. */
export interface Mailbox {
  /** The sequence given out last; 0: none yet. Never goes down while the client watches the channel. */
  readonly lastSequence: bigint
  /** In ascending order of sequence. */
  readonly events: readonly NumberedEvent[]
}

/**
 * One write. `putNewest` is put-if-newer: it is refused unless its version is higher than the stored one, so that no race
 * between two writers can lower the protection. All but `createChannel`, `removeChannel` and `putCursor` need a channel
 * that exists. `removeChannel` removes its mailboxes too.
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
  | {
      readonly type: 'putLinks'
      readonly id: ChannelId
      readonly parents: readonly ChannelId[]
      readonly clients: readonly ClientName[]
    }
  | { readonly type: 'putNewest'; readonly id: ChannelId; readonly held: HeldState }
  | { readonly type: 'putFallback'; readonly id: ChannelId; readonly held: HeldState | undefined }
  | { readonly type: 'putRegistered'; readonly id: ChannelId; readonly held: HeldState | undefined }
  | { readonly type: 'putRecord'; readonly id: ChannelId; readonly record: OnChainRecord | undefined }
  | { readonly type: 'removeChannel'; readonly id: ChannelId }
  /** `undefined`: removed, because the client left; its count starts over. */
  | {
      readonly type: 'putMailbox'
      readonly id: ChannelId
      readonly client: ClientName
      readonly mailbox: Mailbox | undefined
    }
  | { readonly type: 'putCursor'; readonly blockNumber: bigint }

/** A transaction that was or will be sent; kept until its nonce is spent in a final block. */
export interface TransactionAttempt {
  /** The sending account. */
  readonly account: Hex
  readonly nonce: bigint
  readonly hash: Hex
  /** Signed and ready to send again. */
  readonly raw: Hex
}

/** Where a chain backend keeps its transactions, so that a restart can pick them up. */
export interface TransactionJournal {
  attempts(options?: AbortOptions): Promise<readonly TransactionAttempt[]>
  /**
   * Resolves once it would survive a crash; only then may the transaction be sent. Does not wait behind commits that wait
   * for the disk: a refutation depends on it.
   */
  putAttempt(attempt: TransactionAttempt, options?: AbortOptions): Promise<void>
  /** Forgets all attempts of `account` with a nonce up to and including `nonce`. */
  forgetAttempts(account: Hex, nonce: bigint, options?: AbortOptions): Promise<void>
}

export interface StoreCapabilities {
  /** A resolved commit survives the end of the process. */
  readonly durable: boolean
}

/** Keeps channels. May be memory, a disk, or another machine: callers expect latency and failure of every call. */
export interface Store extends TransactionJournal, AsyncDisposable {
  readonly capabilities: StoreCapabilities
  /**
   * Binds the store to one ledger for good.
   *
   * @throws WatcherError `STORE_OF_ANOTHER_LEDGER`
   */
  open(ledgerId: string, options?: AbortOptions): Promise<void>
  load(id: ChannelId, options?: AbortOptions): Promise<StoredChannel | undefined>
  /**
   * Writes all changes or none, and resolves once they are as safe as the store can make them. Commits take effect in
   * the order in which they were called, also where nobody waits for an answer any more.
   *
   * @throws WatcherError `STORE_STALE_WRITE` when a `putNewest` is not newer or a channel to create exists, and
   *   `CHANNEL_UNKNOWN` when a channel to change does not; nothing is written then.
   */
  commit(changes: readonly StoreChange[], options?: AbortOptions): Promise<void>
  /** A summary of every channel, in no particular order, without reading the states. */
  summaries(options?: AbortOptions): AsyncIterable<ChannelSummary>
  mailbox(id: ChannelId, client: ClientName, options?: AbortOptions): Promise<Mailbox | undefined>
  /** Number of the newest final block whose effects are stored. */
  cursor(options?: AbortOptions): Promise<bigint | undefined>
  close(): Promise<void>
}
