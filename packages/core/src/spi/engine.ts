import type { ChannelId, ClientName, Hex } from '../model/brand.ts'
import type { Transaction } from '../model/channel.ts'
import type { AdjudicatorEvent, EndangeredReason } from '../model/events.ts'
import type { SignedStateInput, TransactionInput } from '../model/input.ts'
import type { Block, ChainTime, OnChainRecord } from '../model/ledger.ts'
import type { AbortOptions } from './runtime.ts'
import type { StartWatchingOptions } from './watcher.ts'

/** Where the engine puts the events of one watch. Must neither block nor throw: a refutation never waits for a reader. */
export interface EventSink {
  /**
   * @param sequence counts the events of this client and channel from 1 on, ascending; what a newer event superseded is
   *   left out. It names an event towards {@link EngineWatch.acknowledge} of the same watch and is no identity: a sequence
   *   that was not stored before a crash is given out again, perhaps for another event.
   */
  push(event: AdjudicatorEvent, sequence: bigint): void
  /** No more events; `error` says why, unless the watch was stopped or the watcher shut down. */
  end(error?: Error): void
}

export interface EngineWatchOptions extends StartWatchingOptions {
  /**
   * Whose watch it is. The first watch of a channel enrols the client with it, durably: from then on the channel is
   * guarded for it, also across restarts, until it stops. Default: `local`, the client of an engine that has only one.
   */
  readonly client?: ClientName | undefined
  /**
   * A client that is enrolled already may come back with an older state than the newest one held: another client, or the
   * chain, may have brought that one while it was away. Default: such a state is refused with `VERSION_STALE`.
   */
  readonly acceptOlder?: boolean | undefined
}

export interface EngineStopOptions extends AbortOptions {
  /** Whose watches end. Default: `local`. */
  readonly client?: ClientName | undefined
  /** What the sinks are ended with, where it is not the client who stops. Default: nothing, which means that it was. */
  readonly reason?: Error | undefined
}

/** One client's watch of one channel. */
export interface EngineWatch {
  readonly channelId: ChannelId
  publish(transaction: TransactionInput, options?: AbortOptions): Promise<void>
  /** The same for what `parseTransaction` gave and nobody has changed since: it is not parsed and copied again. */
  publishParsed(transaction: Transaction, options?: AbortOptions): Promise<void>
  /**
   * The client has handled what was pushed up to and including this sequence: it will not be pushed to a later watch.
   * Call it only for what this watch pushed; whatever is not acknowledged is pushed again to the client's next watch,
   * also after a restart. Never throws; nothing happens once the watch has ended.
   */
  acknowledge(sequence: bigint): void
  /**
   * Ends this watch. If it is the last open one of its client, the client leaves the channel as by
   * {@link WatcherEngine.stopWatching}, with the same errors.
   */
  stop(options?: AbortOptions): Promise<void>
  /**
   * Ends this watch and nothing else, because its client is out of reach: its sink is ended, and takes nothing any more.
   * The client stays enrolled, so the channel stays guarded for it, and what it has not acknowledged waits for its next
   * watch. Publishes and stops under way go on. Never throws; nothing happens once the watch has ended.
   */
  detach(): void
}

/** What the engine knows of one guarded channel at one instant, all of it from memory. */
export interface ChannelStatus {
  readonly id: ChannelId
  /** Whether it is funded on the ledger itself. One that is virtual as well may have parents all the same. */
  readonly isLedger: boolean
  /** Channels below which somebody watches this one, whoever that is. */
  readonly parents: readonly ChannelId[]
  /** Who is enrolled with it. Empty: archived, kept only because another channel needs it. */
  readonly clients: readonly ClientName[]
  /** Where it is archived: whose {@link ClientUsage} it counts in. `undefined`: its clients'. */
  readonly payers: readonly ClientName[] | undefined
  /**
   * Of the newest state: of the client's own line where one was asked for, otherwise of the line that is furthest. What others
   * sign of the channel says nothing of what is held for a client.
   */
  readonly version: bigint
  readonly isFinal: boolean
  /** How large the newest states of all lines are: bytes of their ABI encodings and of their signatures. */
  readonly bytes: number
  /** What the adjudicator holds, as far as it was told; `undefined`: nothing, or nobody has looked yet. */
  readonly record: OnChainRecord | undefined
  /**
   * Whether a newer state may be needed at any moment: a family of the channel has a dispute under way or a problem that
   * may still be mended, or the adjudicator holds a state of one of its channels that can still be replaced. Found out when it is
   * read, since families may be large: read it once.
   */
  readonly isDisputed: boolean
  /**
   * While what the adjudicator holds of this channel can still be replaced: the first instant at which it cannot, by its
   * record. Where a channel above it is concluded, it ends earlier.
   */
  readonly deadline: ChainTime | undefined
}

/**
 * What a client has of the watcher. Of each channel that it is enrolled with, the states count in full that were given with
 * the funds that it gave; what others sign with other funds does not. An archived channel, and a line that those who gave it
 * have left, count for each client of a channel whose kept states lock it, directly or through archived ones, unless that
 * client gave other funds.
 */
export interface ClientUsage {
  /** Channels that are charged to the client. */
  readonly channels: number
  /** Of their newest states, as in {@link ChannelStatus}. */
  readonly bytes: number
  /** Of older states that a tree may still need, counted alike. Plain channels have none. */
  readonly historyBytes: number
}

/**
 * What would become of the ledger channels if old states of all of them were registered in one block: of the windows that have
 * least room for what is guarded. Where `channels` is more than `answerable`, not all of them could be answered in time.
 */
export interface Capacity {
  /** The challenge window, in seconds. */
  readonly windowSeconds: number
  /** Ledger channels with this window or a shorter one. */
  readonly channels: number
  /** How many of them could be answered within it. */
  readonly answerable: number
  /** Why no more: blocks take no more of the accounts in that time, or the accounts cannot pay for more. */
  readonly limitedBy: 'places' | 'funds'
}

/** What the engine holds in memory at one instant, counted. With nothing to guard and nothing under way, all are 0. */
export interface EngineStats {
  /** Guarded channels, archived ones included. */
  readonly channels: number
  /** Those of them that are watched below others. */
  readonly nestedChannels: number
  /** Clients that are enrolled with at least one channel. */
  readonly clients: number
  /** Families with a dispute under way, or with a problem that may still be mended. */
  readonly openFamilies: number
  /** Mailboxes that are in memory: those with an open watch, or with changes that the store does not have yet. */
  readonly mailboxes: number
  /** Channels with a fact that is not final yet. */
  readonly unsettledChannels: number
  /** Channels with a warning that still holds. */
  readonly warnedChannels: number
  /** Readings, recoveries, writes and states that wait for a check. */
  readonly tasks: number
  /** No size, but a count since the start that never falls: how often it was decided what a family needs. */
  readonly decisions: number
  /** Another count: calls of the ledger's endpoint that read the records of many channels, whatever the logs said. */
  readonly sweepCalls: number
  /** And another: records that were found that way, of which no log had been told. */
  readonly foundBySweep: number
}

/** The watcher without a transport: a transport gives it sinks and offers its watches as a `Watcher`. */
export interface WatcherEngine extends AsyncDisposable {
  /**
   * Rebuilds from the store, catches up with the chain and resumes disputes; only then clients are accepted. But where the
   * chain is not caught up with within a minute, because the endpoint is behind or does not answer, clients are accepted all
   * the same, and the rest goes on in the background: {@link head} says how far it is.
   *
   * @throws whatever keeps it from starting at all: the store, another ledger, the backend's own start.
   */
  start(options?: AbortOptions): Promise<void>
  startWatching(channel: SignedStateInput, sink: EventSink, options?: EngineWatchOptions): Promise<EngineWatch>
  /**
   * Ends every watch of a client of this channel and its enrolment, also one that it made in an earlier run and has no
   * watch of in this one. While another client is enrolled the channel stays guarded; otherwise the call waits until no
   * dispute of the family is under way. `signal` bounds that wait, and the client stays enrolled when it aborts.
   *
   * @throws WatcherError `CHANNEL_UNKNOWN` if the client is not enrolled with the channel, `SUB_CHANNELS_WATCHED` while
   *   it is enrolled with sub-channels of it.
   */
  stopWatching(id: Hex, options?: EngineStopOptions): Promise<void>
  /**
   * @param client as the channel is held for this client; `undefined`: as it is held at all.
   * @returns `undefined`: it is not guarded.
   * @throws WatcherError `STATE_MALFORMED` if it is no channel id.
   */
  channel(id: Hex, client?: ClientName): ChannelStatus | undefined
  /** All guarded channels, archived ones included, in no particular order; what changes meanwhile is told or not. */
  channels(): Iterable<ChannelStatus>
  /** The channels that a client is enrolled with, in no particular order. To be read at once: it changes with them. */
  channelsOf(client: ClientName): ReadonlySet<ChannelId>
  /**
   * Kept up to date, not counted: cheap enough to ask for with every request.
   *
   * @param of only what is charged to the client of this channel.
   */
  usage(client: ClientName, of?: ChannelId): ClientUsage
  /**
   * The same event, with the state that it is about: of `registered` and `progressed`, where it is known or the ledger shows it
   * within a few seconds. Sinks get events without, so that nothing waits; a transport asks for it before it hands them on.
   * Never rejects.
   */
  describe(event: AdjudicatorEvent): Promise<AdjudicatorEvent>
  /** The newest block that was told; `undefined` before the first. */
  readonly head: Block | undefined
  /** Whether all could be answered at once. `undefined`: nothing is guarded, or the ledger does not say how much it takes. */
  readonly capacity: Capacity | undefined
  /** Cheap enough to ask for with every block. */
  readonly stats: EngineStats
  /**
   * How many warnings (`endangered`) this engine has told, by reason, whether or not a client was there to hear them. Told
   * means once per channel, reason and registered version until the danger has passed, however many clients the channel
   * has. Every reason has its number, 0 where there was no such warning; no number ever falls, also not after a shutdown.
   * A restart begins at 0 and warns again of every danger that persists.
   */
  readonly warnings: ReadonlyMap<EndangeredReason, number>
  /** Finishes disputes in flight, then ends every watch. */
  shutdown(options?: AbortOptions): Promise<void>
}
