import type { ChannelId, StateHash } from '../model/brand.ts'
import type { Asset, Params, SignedState, State } from '../model/channel.ts'
import type { Phase } from '../model/ledger.ts'

/** What the adjudicator keeps of one channel. */
export interface ModelDispute {
  readonly version: bigint
  readonly phase: Phase
  readonly timeout: bigint
  readonly stateHash: StateHash
  readonly challengeDuration: bigint
  readonly hasApp: boolean
}

/** One `ChannelUpdate` log. */
export interface ModelUpdate {
  readonly channelId: ChannelId
  readonly version: bigint
  readonly phase: Phase
  readonly timeout: bigint
}

export type ModelDisputes = ReadonlyMap<ChannelId, ModelDispute>

/** The disputes after a call and the logs that it emitted. The disputes before it are left as they were. */
export interface ModelResult {
  readonly disputes: ModelDisputes
  readonly updates: readonly ModelUpdate[]
}

/** What the rules need of hashes and signatures. */
export interface ModelCrypto {
  channelId(params: Params): ChannelId
  stateHash(state: State): StateHash
  /** Why the contract refuses one participant's signature; `undefined` if it does not. */
  signatureFault(params: Params, state: State, participant: number, signature: string): string | undefined
}

/** The calls of the contract. Each throws {@link ModelRevert} with the contract's own reason. `now`: the block's timestamp. */
export interface ModelAdjudicator {
  register(before: ModelDisputes, channel: SignedState, subChannels: readonly SignedState[], now: bigint): ModelResult
  progress(before: ModelDisputes, move: ModelMove, now: bigint): ModelResult
  conclude(before: ModelDisputes, channel: ModelStateOf, subStates: readonly State[], now: bigint): ModelResult
  concludeFinal(before: ModelDisputes, channel: SignedState, now: bigint): ModelResult
}

export interface ModelStateOf {
  readonly params: Params
  readonly state: State
}

export interface ModelMove extends ModelStateOf {
  readonly stateOld: State
  readonly actorIdx: number
  readonly sig: string
}

/** What a channel's participants shall own of one of its assets. */
export interface ModelPayout extends ModelStateOf {
  /** Which of the state's assets. */
  readonly asset: number
  /** Per participant, if the state is as it should be. */
  readonly balances: readonly bigint[]
}

/** The contracts that the adjudicator calls: apps and asset holders. */
export interface ModelContracts {
  /** Why the channel's app refuses the move; `undefined` if it does not. */
  moveFault(move: ModelMove): string | undefined
  /** Whether the asset is held on this ledger; what is held elsewhere is not paid out here. */
  holds(asset: Asset): boolean
  /** Why the asset's holder refuses to pay; `undefined` if it does not. */
  payoutFault(payout: ModelPayout): string | undefined
}
