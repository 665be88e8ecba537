import type { AdjudicatorLog, ChannelId, SignedState } from '@perun-watcher/core'
import type { Records } from './contract/records.ts'
import type { Interval } from './intervals.ts'

/** A signed state, and since when the watcher could know it. */
export interface GivenState {
  readonly signed: SignedState
  readonly atMs: number
}

/** The chain as it was when a block was its newest. A reorg only leads to other heads; it takes none away from here. */
export interface ChainHead {
  readonly atMs: number
  readonly number: bigint
  /** Seconds, as the contract sees them. */
  readonly timestamp: bigint
  readonly records: Records
  readonly logs: readonly AdjudicatorLog[]
  /** The versions that transactions of the watcher's accounts registered in it, or registered again. */
  readonly answers: ReadonlyMap<ChannelId, bigint>
  readonly parent: ChainHead | undefined
}

/** A client asked the watcher to guard a channel, and asked it to stop. */
export interface Enrolment extends Interval {
  readonly channelId: ChannelId
}

/** How long a stretch of good luck must be to count. */
export interface Patience {
  readonly ms: number
  /** Blocks that must have come in it. */
  readonly blocks: number
}

/**
 * All that the judge is told of one family: what clients were promised, what the chain did, and when something outside made
 * life hard. Nothing of what the watcher remembers or plans, and of what it sends only what its node is handed.
 */
export interface Evidence {
  /** Channels of the family, parents before children. */
  readonly channels: readonly ChannelId[]
  /** Those of them that clients watch as ledger channels. */
  readonly roots: readonly ChannelId[]
  /** Every state whose `publish` or `startWatching` was answered, whatever the watcher did with it. */
  readonly acknowledged: readonly GivenState[]
  /** States that the watcher could read from the calldata of transactions. */
  readonly shown: readonly GivenState[]
  /** States that the watcher handed to a node to be registered, and when. */
  readonly offered: readonly GivenState[]
  readonly enrolments: readonly Enrolment[]
  /** Channels of which the watcher said that it could not keep all older states, and when. */
  readonly cuts: readonly { readonly channelId: ChannelId; readonly atMs: number }[]
  readonly heads: readonly ChainHead[]
  /** Timestamp of the instant 0 of this account. */
  readonly zero: bigint
  readonly endMs: number
  /** When nothing went wrong for the family, and the watcher was up and could know what the chain holds. */
  readonly calm: readonly Interval[]
  readonly patience: Patience
  /** Whether the holders of the family's assets pay when they are told to; if not, nothing is sure to be concluded. */
  readonly canBePaid: boolean
  /** Whether one transaction can carry a registration of these channels. */
  readonly hasRoom: (channels: readonly SignedState[]) => boolean
  /** What the client got of the roots that were concluded; `undefined`: payouts are not compared. */
  readonly paid: ReadonlyMap<ChannelId, bigint> | undefined
}
