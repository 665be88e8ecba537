import type { ChannelId, StateHash, TransactionHash } from './brand.ts'
import type { Transaction } from './channel.ts'
import type { Block, ChainTime } from './ledger.ts'

/** `seen`: in the newest chain, a reorg may still remove it. `final`: no reorg can. */
export type Finality = 'seen' | 'final'

/** The adjudicator changed its record of a channel. Reported once when seen and once more when final. */
export interface ChainFact {
  readonly type: 'registered' | 'progressed' | 'concluded'
  readonly channelId: ChannelId
  readonly version: bigint
  readonly timeout: ChainTime
  readonly finality: Finality
  /** The block that made the change, or, where `transactionHash` is missing, the block at which the record was read. */
  readonly block: Block
  /** `undefined` where the record was read from the contract and the change itself was never seen. */
  readonly transactionHash: TransactionHash | undefined
  /**
   * With `registered` and `progressed`: the state of that version, where it is known or the ledger shows it in time. `sigs` are
   * those of all participants; none where the state came about by a forced execution, which its actor alone signed.
   */
  readonly transaction?: Transaction | undefined
  /** With `progressed`, where the state is known: who forced the execution, as an index into the participants. */
  readonly actor?: number | undefined
}

/** A reorg removed a fact that was reported as `seen`. */
export interface RemovedFact {
  readonly type: 'removed'
  readonly channelId: ChannelId
  readonly fact: ChainFact
}

/** The chain held a newer fully signed state than ours; it is now our newest. */
export interface Learned {
  readonly type: 'learned'
  readonly channelId: ChannelId
  readonly version: bigint
  readonly transaction: Transaction
}

/** A transaction of ours was included that put our newest state where an older one stood. */
export interface Refuted {
  readonly type: 'refuted'
  readonly channelId: ChannelId
  readonly version: bigint
  readonly transactionHash: TransactionHash
  /** Seconds of chain time that were left when it was included. */
  readonly secondsLeft: bigint
}

/**
 * Why the newest state is in danger:
 * - `sub-channel-unknown`: a locked channel whose state nobody gave us; an older complete tree is used if there is one.
 * - `state-unknown`: the chain holds a state that must be repeated exactly, and we could not recover it.
 * - `lock-mismatch`: a locked channel's funds differ from the lock; the contract refuses the tree.
 * - `tree-too-large`: more locked channels than fit into one registration.
 * - `same-version`: the chain holds another fully signed state with our version; the contract takes no second one.
 * - `unreachable`: the ledger does not answer or refuses our transactions.
 * - `underfunded`: the account cannot pay for the transaction.
 * - `reverted`: the contract refuses the tree for a reason that a new plan does not cure.
 * - `late`: less than a quarter of the window is left and no refutation is included yet.
 * - `too-late`: the window closed with an older state registered.
 * - `short-sub-window`: an app sub-channel has a shorter challenge duration than its root, which can make the root
 *   irrefutable.
 * - `history-cut`: older states of a channel that is or may be locked were forgotten, because they took more room than the
 *   client has; should one of them be registered, it has to be given to us again.
 * - `store-failing`: the store does not keep our transactions, and nothing is sent that could not be recovered after a crash;
 *   near its deadline an answer is sent all the same.
 * - `budget-exceeded`: an answer of ours stands, and putting a newer state in its place would cost more than the operator lets
 *   be spent on it.
 * - `other`: a reason that this version does not know, from a newer watcher; `detail` begins with its name.
 */
export type EndangeredReason =
  | 'sub-channel-unknown'
  | 'state-unknown'
  | 'lock-mismatch'
  | 'tree-too-large'
  | 'same-version'
  | 'unreachable'
  | 'underfunded'
  | 'reverted'
  | 'late'
  | 'too-late'
  | 'short-sub-window'
  | 'history-cut'
  | 'store-failing'
  | 'budget-exceeded'
  | 'other'

/** The newest acknowledged state may not be the one that the chain concludes with. */
export interface Endangered {
  readonly type: 'endangered'
  readonly channelId: ChannelId
  readonly reason: EndangeredReason
  /** Our newest version. */
  readonly version: bigint
  /** What the chain holds, if anything. */
  readonly registeredVersion: bigint | undefined
  readonly deadline: ChainTime | undefined
  /** Seconds of chain time until the deadline; negative when it passed; `undefined` where there is no deadline yet. */
  readonly secondsLeft: bigint | undefined
  /** For people: which channel, what failed, what to do. */
  readonly detail: string
}

/**
 * The adjudicator holds a state that must be repeated exactly, and we do not have it: whoever has it should publish it for
 * this channel, however old it is. Told to the clients of the channel, and to those of each channel that cannot be defended
 * without it, who hear it in the watch of that channel.
 */
export interface StateNeeded {
  readonly type: 'stateNeeded'
  /** The channel whose state it is; not always the one of the watch. */
  readonly channelId: ChannelId
  readonly version: bigint
  readonly stateHash: StateHash
  /** When it is too late for the channel that cannot be defended without it, where that is known. */
  readonly deadline: ChainTime | undefined
  /** Seconds of chain time until the deadline; negative when it passed; `undefined` where there is none. */
  readonly secondsLeft: bigint | undefined
}

/** All that a client hears about a channel. */
export type AdjudicatorEvent = ChainFact | RemovedFact | Learned | Refuted | Endangered | StateNeeded
