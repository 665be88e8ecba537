import type { Address, Hex } from 'viem'

// The adjudicator's structs, with the ABI's own field names and in the ABI's order, in the types viem encodes them from.

/** One member of a channel: who signs on this chain, and who that is on another one. */
export interface Participant {
  readonly ethAddress: Address
  readonly ccAddress: Hex
}

/** What a channel is. Its id is their hash. `challengeDuration` is in seconds; the contract keeps its low 64 bits only. */
export interface Params {
  readonly challengeDuration: bigint
  readonly nonce: bigint
  readonly participants: readonly Participant[]
  readonly app: Address
  readonly ledgerChannel: boolean
  readonly virtualChannel: boolean
}

/** One kind of money: held by `ethHolder` on the chain `chainID`, or by `ccHolder` on a chain of another kind. */
export interface Asset {
  readonly chainID: bigint
  readonly ethHolder: Address
  readonly ccHolder: Hex
}

/** Funds locked for the channel `ID`, one amount per asset; its participant i stands for our participant `indexMap[i]`. */
export interface SubAlloc {
  readonly ID: Hex
  readonly balances: readonly bigint[]
  readonly indexMap: readonly number[]
}

/** `balances[asset][participant]`, and what is locked on top. `backends[asset]` is 1 for Ethereum; no contract reads it. */
export interface Allocation {
  readonly assets: readonly Asset[]
  readonly backends: readonly bigint[]
  readonly balances: readonly (readonly bigint[])[]
  readonly locked: readonly SubAlloc[]
}

/** One moment of a channel. */
export interface State {
  readonly channelID: Hex
  readonly version: bigint
  readonly outcome: Allocation
  readonly appData: Hex
  readonly isFinal: boolean
}

/** A state with one signature per participant, in the order of `params.participants`. */
export interface SignedState {
  readonly params: Params
  readonly state: State
  readonly sigs: readonly Hex[]
}

/** A participant's leave to pay `amount` of its share of a settled channel to `receiver`. */
export interface WithdrawalAuth {
  readonly channelID: Hex
  readonly participant: Participant
  readonly receiver: Address
  readonly amount: bigint
}

/** The `ccAddress` and `ccHolder` of those who live on Ethereum only, as Perun's Go client fills them: 32 zero bytes. */
export const NO_CC: Hex = `0x${'00'.repeat(32)}`

/** The app of a channel without one. */
export const NO_APP: Address = `0x${'00'.repeat(20)}`

/** The phases that the adjudicator's log and `disputes` tell. */
export const Phase = { dispute: 0, forceExec: 1, concluded: 2 } as const
