import type { Hex } from './brand.ts'

/**
 * The shapes that clients hand in: like {@link SignedState} and its parts, but with unchecked text.
 * Every checked value is also a valid input.
 */
export interface ParticipantInput {
  readonly address: Hex
  readonly crossChainAddress: Hex
}

export interface ParamsInput {
  readonly challengeDuration: bigint
  readonly nonce: bigint
  readonly participants: readonly ParticipantInput[]
  readonly app: Hex | undefined
  readonly ledgerChannel: boolean
  readonly virtualChannel: boolean
}

export interface AssetInput {
  readonly chainId: bigint
  readonly holder: Hex
  readonly crossChainHolder: Hex
}

export interface SubAllocInput {
  readonly channelId: Hex
  readonly balances: readonly bigint[]
  readonly indexMap: readonly number[]
}

export interface AllocationInput {
  readonly assets: readonly AssetInput[]
  readonly backends: readonly bigint[]
  readonly balances: readonly (readonly bigint[])[]
  readonly locked: readonly SubAllocInput[]
}

export interface StateInput {
  readonly channelId: Hex
  readonly version: bigint
  readonly outcome: AllocationInput
  readonly appData: Hex
  readonly isFinal: boolean
}

export interface TransactionInput {
  readonly state: StateInput
  readonly sigs: readonly Hex[]
}

export interface SignedStateInput extends TransactionInput {
  readonly params: ParamsInput
}
