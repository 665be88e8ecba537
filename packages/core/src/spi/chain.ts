import type { ChannelId, ClientName, LedgerId, StateHash, TransactionHash } from '../model/brand.ts'
import type { HeldState, Params, SignedState, State } from '../model/channel.ts'
import type { AdjudicatorLog, Block, ChainTime, OnChainRecord } from '../model/ledger.ts'
import type { AbortOptions } from './runtime.ts'

/** What something takes up in a transaction of the ledger. */
export interface Size {
  /** Bytes of the whole transaction as nodes count them. */
  readonly bytes: number
  /** What the ledger meters execution in: gas, resource units. */
  readonly work: bigint
}

/** What one channel adds to transactions that contain it. */
export interface ChannelSize extends Size {
  /**
   * Work that settling takes for it, paying out included, of all that one transaction has to do: `limits.work` holds for that as
   * well, or what is registered could never be concluded. `undefined`: no more than the registration.
   */
  readonly settling?: bigint | undefined
}

/** The most that this ledger takes: of one registration in all, and of each of its channels. */
export interface LedgerLimits extends Size {
  /** Channels of one registration: a ledger channel and all that is locked below it. */
  readonly channels: number
  /** Participants of one channel. */
  readonly participants: number
  /** Assets of one channel. */
  readonly assets: number
}

/** How large a registration is, and how large it may be. Pure, and cheap: asked for every state that is published. */
export interface RegistrationSizes {
  readonly limits: LedgerLimits
  /** What every registration takes, whatever is in it. */
  readonly envelope: Size
  /**
   * What this one channel adds to a registration: parameters, state and signatures; and to settling what was registered.
   * Together with the envelope never less than what the ledger will count, for every registration within the limits.
   */
  sizeOf(channel: SignedState): ChannelSize
}

/** Rules that need the ledger's hashes and signatures. Pure: no network, though signatures may be checked on other threads. */
export interface ChannelBackend extends RegistrationSizes {
  channelId(params: Params): ChannelId
  stateHash(state: State): StateHash
  /**
   * Checks a state exactly as the adjudicator's `register` would: the channel id is the hash of the parameters and
   * every participant signed, in order.
   *
   * @returns the same state with every signature in the form that the contract accepts, and with its `stateHash`, which
   *   the check needs anyway.
   * @throws WatcherError `CHANNEL_ID_MISMATCH`, `SIGNATURE_COUNT` or `SIGNATURE_INVALID`.
   */
  verify(signed: SignedState): Promise<HeldState>
}

/** Instants between which something is taken. */
export interface PlayWindow {
  /** The first instant at which it is taken; 0: already. */
  readonly from: ChainTime
  /** The first one at which it no longer is. `undefined`: until somebody concludes. */
  readonly until: ChainTime | undefined
}

/** What this ledger's adjudicator takes. Pure; all times are the ledger's own. */
export interface AdjudicatorRules {
  /**
   * Whether a registration may contain a state: the channel has no record yet, the record is replaced, or it is repeated,
   * which changes nothing.
   */
  admits(
    params: Params,
    record: OnChainRecord | undefined,
    held: HeldState,
    now: ChainTime,
  ): 'new' | 'replaces' | 'repeats' | 'refused'
  /**
   * The first instant at which a record can no longer be replaced by a newer state, 0 where it cannot at all. `undefined`:
   * until somebody concludes.
   */
  refutableUntil(record: OnChainRecord): ChainTime | undefined
  /** The first instant at which the channel can be concluded as the root of a tree. */
  concludableAt(params: Params, record: OnChainRecord): ChainTime
  /**
   * When the app of a channel can be played: a participant alone then puts a state in the place of the record that nobody
   * else signed, and that no registration can repeat. Asked only of channels with an app, where there are `apps`.
   * `undefined`: it cannot be played any more.
   */
  playable(params: Params, record: OnChainRecord): PlayWindow | undefined
  /** Until when `concludeFinal` of a state that locks nothing settles its channel against whatever record there is. */
  readonly finalWins: 'until-concluded' | 'until-withdrawn' | 'never'
  /** Whether a newer state gets a window of its own. The window of the older one is over then, whatever is left of it. */
  readonly replacingRestartsWindow: boolean
  /** Whether channels may lock others. Where not, no state that locks any is registered, and `limits.channels` is 1. */
  readonly trees: boolean
  /** Whether the app of a channel can be played on the ledger. */
  readonly apps: boolean
}

/** What the chain did since the previous step. One step for each new head, and one for each range read while catching up. */
export interface BlockStep {
  readonly type: 'block'
  readonly head: Block
  /** Number of the newest block that no reorg can remove. */
  readonly finalNumber: bigint
  /** Number of the lowest block that a reorg removed since the previous step, whether it held logs or not. */
  readonly reorgedFrom: bigint | undefined
  /** Logs that a reorg removed, newest first. To be undone before `added` is applied. */
  readonly removed: readonly AdjudicatorLog[]
  /** New logs, oldest first. */
  readonly added: readonly AdjudicatorLog[]
  /**
   * Channels of which the ledger gave a log that cannot be told, such as a malformed one. Their records must be read. Default:
   * none.
   */
  readonly doubtful?: readonly ChannelId[] | undefined
  /** `false` while catching up: not everything up to `head` was told yet. */
  readonly isCurrent: boolean
  /** Some history could not be read: records of channels of interest must be read again. */
  readonly gap: boolean
}

/** The ledger cannot be followed at the moment; the stream keeps trying. */
export interface StalledStep {
  readonly type: 'stalled'
  readonly cause: Error
}

export type ChainStep = BlockStep | StalledStep

/** One stream of steps for all channels. Ends when closed; never fails because of something that the chain contains. */
export interface AdjudicatorSubscription extends AsyncIterable<ChainStep>, AsyncDisposable {
  close(): Promise<void>
}

export interface RecordReading {
  /** `undefined`: the adjudicator has never heard of the channel. */
  readonly record: OnChainRecord | undefined
  /** The block at which it was read. */
  readonly block: Block
}

/** Records that were read together. */
export interface BulkReading {
  /** Of the first channels of those asked for, at least one: for each of them what a `readRecord` would have told. */
  readonly readings: readonly RecordReading[]
  /** Calls of the ledger's endpoint that it took. */
  readonly calls: number
  /** By which way they were read, in a word, for logs: that of the ledger's own kind. */
  readonly way: string
}

export interface SubscribeOptions {
  /** First block to read. `undefined`: start at the current head. */
  readonly fromBlock: bigint | undefined
}

/** Reading the ledger. */
export interface Subscriber {
  /** All `ChannelUpdate` logs of the adjudicator, of every channel, through one query per block. */
  subscribe(options: SubscribeOptions): AdjudicatorSubscription
  /**
   * The adjudicator's record of a channel, read at the head that the subscription told last, by its hash. A reading at
   * another block is used only where nothing is known, and asked for again.
   */
  readRecord(id: ChannelId, options?: AbortOptions): Promise<RecordReading>
  /**
   * The same for many channels, in as few calls as the ledger lets it: for the sweep, which reads all of them again and
   * again. Reads as many of the first of `ids` as go together well, and leaves the others to the next call. What it tells
   * is held against what is known, and read singly where the two differ in what the ledger would have forgotten.
   *
   * Absent: every record is read by a call of its own.
   *
   * @param ids at least one, each once.
   */
  readonly readRecords?: ((ids: readonly ChannelId[], options?: AbortOptions) => Promise<BulkReading>) | undefined
  /**
   * The signed states that the transaction behind a log handed to the adjudicator, as far as they can be recovered. Looks
   * on until it finds one of the log's channel, that of `stateHash` where it is given. Empty: nothing of the kind is there.
   * Unchecked: the caller verifies them. Never throws because of what the transaction contains.
   *
   * @throws WatcherError `TRACING_UNSUPPORTED` where the endpoint cannot look inside transactions at all; any other
   *   retryable one where it could not be told now. Neither says that nothing is there: ask again while it matters.
   */
  recoverStates(change: RecordChange, options?: RecoverOptions): Promise<readonly SignedState[]>
  /**
   * What the transaction behind a log played in the channel's app. Unchecked. Never throws because of what the transaction
   * contains.
   *
   * Absent: the ledger does not tell, and clients are told of forced executions without their states.
   *
   * @returns `undefined`: nothing of the kind can be seen in it.
   * @throws WatcherError any retryable one where it could not be told now.
   */
  readonly recoverProgress?:
    | ((change: RecordChange, options?: AbortOptions) => Promise<PlayedState | undefined>)
    | undefined
  /**
   * Logs of one channel out of the whole history, newest first, a bounded piece of it at a time: for a record whose log the
   * stream never told.
   *
   * @throws WatcherError any retryable one: ask again with the same `before`.
   */
  findRegistrations(id: ChannelId, options?: FindOptions): Promise<LogSearch>
}

/** A change of a record, as a log tells of it. */
export type RecordChange = Omit<AdjudicatorLog, 'logIndex'>

/** A state that a participant alone put on the ledger, by playing the channel's app. */
export interface PlayedState {
  readonly state: State
  /** Index of the participant who did. */
  readonly actor: number
}

export interface RecoverOptions extends AbortOptions {
  /** The state that the adjudicator holds for the log's channel, where that is known. */
  readonly stateHash?: StateHash | undefined
}

export interface FindOptions extends AbortOptions {
  /** Only blocks below this one: where an earlier search ended. Default: all. */
  readonly before?: bigint | undefined
}

export interface LogSearch {
  readonly logs: readonly AdjudicatorLog[]
  /** What to give as `before` to search on; `undefined`: there is no more history. */
  readonly before: bigint | undefined
}

/**
 * How a transaction ranks among others that wait for room or money.
 * - `first-answer`: an older state is registered, and nothing of ours stands there. Always sent, whatever it costs.
 * - `improvement`: an answer of ours stands, and we hold a newer state by now.
 * - `settlement`: nothing is in danger, somebody is to be paid.
 */
export type SendRank = 'first-answer' | 'improvement' | 'settlement'

/** What a transaction is for. Room is shared fairly between clients, and what it costs is accounted for, by this. */
export interface SendPurpose {
  readonly rank: SendRank
  /** The ledger channel that is registered or concluded. */
  readonly family: ChannelId
  /** Who is enrolled with it, each once. */
  readonly clients: readonly ClientName[]
  /** When the window opened that ends with the deadline, in chain time: what is left of it says how urgent it is. */
  readonly opened: ChainTime
}

export interface SendOptions extends AbortOptions {
  /** The first instant of chain time at which inclusion is worthless. Fees rise towards it. */
  readonly deadline: ChainTime
  /** Default: a first answer of nobody in particular. */
  readonly purpose?: SendPurpose | undefined
  /**
   * Called once, when a node has taken a transaction for it: until then it may be waiting for a place, or for a node that takes
   * it. Does not throw. A backend that never calls it is only told less truly of: that nothing is known to be sent.
   */
  readonly onSent?: (() => void) | undefined
}

/** A record that a transaction changed. */
export interface RecordUpdate {
  readonly channelId: ChannelId
  /** Of the state that was put there. */
  readonly version: bigint
}

/** A transaction of ours that a block included, successfully. */
export interface Inclusion {
  readonly transactionHash: TransactionHash
  readonly block: Block
  /**
   * What it changed, as its receipt says: a hint, for when no log of it comes. Clients are told of a refutation only where the
   * contract's record shows it as well. Default: the ledger does not say, and only logs can.
   */
  readonly updates?: readonly RecordUpdate[]
}

/** How many transactions the ledger takes of a backend, where many are due at once. */
export interface Throughput {
  /** Transactions that may wait at the same time, of all accounts that can pay together. A block takes all that wait. */
  readonly places: number
  /** Usual registrations that the accounts could pay for together, as the market is. `undefined`: nobody knows. */
  readonly payable?: number | undefined
  /** Usual seconds between blocks, above 0. `undefined`: only the blocks themselves tell. */
  readonly secondsPerBlock: number | undefined
}

/**
 * Writing to the ledger. A call resolves once a block includes the transaction, and keeps it alive until then: it
 * replaces fees and sends again. It rejects with a WatcherError:
 * - `REGISTER_REVERTED`: the contract refuses it as things stand (found out before sending where possible).
 * - `TREE_TOO_LARGE`: a node takes less than `limits` say.
 * - `DEADLINE_PASSED`, `ACCOUNT_UNDERFUNDED`, `CHAIN_UNREACHABLE`: as they say.
 * An abort ends the waiting; a transaction that was sent may still be included.
 */
export interface Registerer {
  /** Registers `channel` with the states of all that it locks, `subChannels` in depth-first order. */
  register(channel: SignedState, subChannels: readonly SignedState[], options: SendOptions): Promise<Inclusion>
  /** Settles a final state that locks nothing, whatever version is registered. */
  concludeFinal(channel: SignedState, options: SendOptions): Promise<Inclusion>
  /**
   * How much could be registered if everything were due at once, as things stand: asked again with every block. Must not
   * throw. Absent: nobody knows, and nobody is warned.
   */
  readonly throughput?: (() => Throughput) | undefined
}

/** One ledger with one adjudicator. */
export interface RegistererSubscriber extends Registerer, Subscriber, ChannelBackend {
  /** Names chain, adjudicator and contract generation; a store belongs to exactly one. */
  readonly ledgerId: LedgerId
  readonly rules: AdjudicatorRules
  /**
   * Checks the connection and the contract, and changes nothing: a store is not bound to a ledger that turns out to be
   * another one.
   *
   * @throws WatcherError `CHAIN_MISMATCH`, or a retryable one.
   */
  probe(options?: AbortOptions): Promise<void>
  /** Picks up the transactions of a previous run. After `probe`. */
  start(options?: AbortOptions): Promise<void>
  close(): Promise<void>
}
