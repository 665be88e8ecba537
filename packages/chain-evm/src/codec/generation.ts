import type { ChannelId, Hex, OnChainRecord, Params, Signature, SignedState, State } from '@perun-watcher/core'
import type { DecodeBudget } from './abi-reader.ts'
import type { AbiType } from './abi-type.ts'

/** What a `progress` call hands over. The new state carries the signature of its actor only. */
export interface Progress {
  readonly params: Params
  readonly stateOld: State
  readonly state: State
  readonly actorIndex: bigint
  readonly sig: Signature
}

/**
 * One generation of the adjudicator's interface: everything that differs between contracts of different age. Channel
 * ids, state hashes and signatures of one generation mean nothing in another.
 *
 * Encoders throw a WatcherError `STATE_MALFORMED` for an address that is not 20 bytes long. Decoders of calls take any
 * bytes: they return `undefined` for what is no such call, never throw, and never unfold more than the budget.
 */
export interface Generation {
  /** Part of the ledger id of a store. */
  readonly name: string
  /** First four bytes of a call, per function. */
  readonly selectors: Readonly<Record<'register' | 'progress' | 'conclude' | 'concludeFinal' | 'disputes', Hex>>
  /** Params, state and signatures as `register` takes them. `concludeFinal` takes the same three as its arguments. */
  readonly signedState: AbiType
  /** What a channel id is the hash of. */
  encodeParams(params: Params): Uint8Array
  /** What a state hash is the hash of. */
  encodeState(state: State): Uint8Array
  /** A call of `register`; `subChannels` depth first, as the contract consumes them. */
  encodeRegister(channel: SignedState, subChannels: readonly SignedState[]): Hex
  encodeConcludeFinal(channel: SignedState): Hex
  /** What `disputes` answers: how many words, and which of them, from 0 on, is the hash of the state. */
  readonly disputesAnswer: { readonly words: number; readonly stateHashAt: number }
  /** A call of `disputes`. */
  encodeDisputes(id: ChannelId): Hex
  /**
   * The answer to a call of `disputes` at a block; `undefined` where the channel was never registered.
   *
   * @throws WatcherError `CHAIN_DATA_INVALID` for anything that the contract cannot answer.
   */
  decodeDisputes(answer: Hex, blockNumber: bigint): OnChainRecord | undefined
  /**
   * The signed states that a `register` call registers: the channel, then what is locked below it, in the order of the
   * call. What the list holds besides is left out: the contract never looks at it, and it must not hide anything. So are
   * states that core would refuse as malformed.
   */
  decodeRegister(call: Hex, budget?: DecodeBudget): readonly SignedState[] | undefined
  decodeConcludeFinal(call: Hex, budget?: DecodeBudget): SignedState | undefined
  decodeProgress(call: Hex, budget?: DecodeBudget): Progress | undefined
}
