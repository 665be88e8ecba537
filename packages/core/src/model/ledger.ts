import type { BlockHash, ChannelId, StateHash, TransactionHash } from './brand.ts'

/** Seconds since 1970 as blocks count them (`block.timestamp`). Never compare it with a wall clock. */
export type ChainTime = bigint

export interface Block {
  readonly number: bigint
  readonly hash: BlockHash
  readonly timestamp: ChainTime
}

/**
 * `dispute`: registered and refutable until the timeout. `forceExec`: the app is played on the chain.
 * `concluded`: the outcome is set, nothing can change it.
 */
export type Phase = 'dispute' | 'forceExec' | 'concluded'

/** What the adjudicator holds for one channel. */
export interface OnChainRecord {
  readonly version: bigint
  readonly phase: Phase
  /** In phase `dispute` the first instant at which the registered state can no longer be refuted. */
  readonly timeout: ChainTime
  /** `undefined` while only the log is known: logs do not carry it. */
  readonly stateHash: StateHash | undefined
  /** Number of the block that wrote the record, or of the block at which it was read where the log was not seen. */
  readonly blockNumber: bigint
}

/** One `ChannelUpdate` of the adjudicator. */
export interface AdjudicatorLog {
  readonly channelId: ChannelId
  readonly version: bigint
  readonly phase: Phase
  readonly timeout: ChainTime
  readonly block: Block
  readonly transactionHash: TransactionHash
  /** Position in the block; orders logs of the same block. */
  readonly logIndex: number
}
