import type { Bytes, ChannelId, Signature, StateHash } from './brand.ts'

/** One party of a channel, as its ledgers know it. Core never looks inside: only the chain backend does. */
export interface Participant {
  /** The account on this ledger; its signatures count. */
  readonly address: Bytes
  /** The account on another ledger (`ccAddress` in the contract): part of the channel id, never verified here. */
  readonly crossChainAddress: Bytes
}

/** What a channel is, fixed for life. The hash of it is the {@link ChannelId}. */
export interface Params {
  /** Seconds that a registered state can be refuted; at least 1, below 2^63. */
  readonly challengeDuration: bigint
  readonly nonce: bigint
  readonly participants: readonly Participant[]
  /** The app contract that judges on-chain transitions; `undefined` for a plain payment channel. */
  readonly app: Bytes | undefined
  /** Funded on the ledger by itself: only such a channel can be the root of a registration. */
  readonly ledgerChannel: boolean
  /** Spans several parent channels; has no app and locks nothing. */
  readonly virtualChannel: boolean
}

/** A kind of money and the ledger contract that holds it. */
export interface Asset {
  readonly chainId: bigint
  readonly holder: Bytes
  /** The holder on another ledger (`ccHolder` in the contract). */
  readonly crossChainHolder: Bytes
}

/** Funds of a parent that one sub-channel or virtual channel distributes. */
export interface SubAlloc {
  readonly channelId: ChannelId
  /** Per asset: what is locked, in the asset's smallest unit. */
  readonly balances: readonly bigint[]
  /** Participant `i` of the sub-channel is participant `indexMap[i]` of the parent. */
  readonly indexMap: readonly number[]
}

/** Who owns what. `balances[asset][participant]`, in the asset's smallest unit. */
export interface Allocation {
  readonly assets: readonly Asset[]
  /** Ledger kind per asset; the contract only hashes it. */
  readonly backends: readonly bigint[]
  readonly balances: readonly (readonly bigint[])[]
  readonly locked: readonly SubAlloc[]
}

/** One agreed distribution. Higher versions replace lower ones. */
export interface State {
  readonly channelId: ChannelId
  /** 0 to 2^64-1. */
  readonly version: bigint
  readonly outcome: Allocation
  readonly appData: Bytes
  /** No state follows a final one; it can be concluded without a challenge window. */
  readonly isFinal: boolean
}

/** A state with one signature per participant, in the order of the parameters. */
export interface Transaction {
  readonly state: State
  readonly sigs: readonly Signature[]
}

/** A fully signed state in our hands, with its hash. */
export interface HeldState extends Transaction {
  readonly hash: StateHash
}

/** A transaction with the parameters of its channel: all that the adjudicator needs to take it. */
export interface SignedState extends Transaction {
  readonly params: Params
}
