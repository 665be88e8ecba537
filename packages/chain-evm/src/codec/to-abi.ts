import type { Bytes, Hex, Params, SignedState, State, Transaction } from '@perun-watcher/core'
import { malformed } from './abi-values.ts'

/** The contract's structs of generation `v1`, as viem's `encodeFunctionData` and ethers take them. */
export interface AbiParams {
  readonly challengeDuration: bigint
  readonly nonce: bigint
  readonly participants: readonly { readonly ethAddress: Hex; readonly ccAddress: Hex }[]
  /** The zero address where the channel has no app. */
  readonly app: Hex
  readonly ledgerChannel: boolean
  readonly virtualChannel: boolean
}

export interface AbiState {
  readonly channelID: Hex
  readonly version: bigint
  readonly outcome: {
    readonly assets: readonly { readonly chainID: bigint; readonly ethHolder: Hex; readonly ccHolder: Hex }[]
    readonly backends: readonly bigint[]
    readonly balances: readonly (readonly bigint[])[]
    readonly locked: readonly {
      readonly ID: Hex
      readonly balances: readonly bigint[]
      readonly indexMap: readonly number[]
    }[]
  }
  readonly appData: Hex
  readonly isFinal: boolean
}

export interface AbiTransaction {
  readonly state: AbiState
  readonly sigs: readonly Hex[]
}

export interface AbiSignedState extends AbiTransaction {
  readonly params: AbiParams
}

const noApp: Hex = `0x${'00'.repeat(20)}`

/**
 * The inverse of {@link paramsFromAbi}.
 *
 * @throws WatcherError `STATE_MALFORMED` for an address that is not 20 bytes long, and for an app that is the zero
 *   address: two ways to say "no app" would make two channels of one.
 */
export function paramsToAbi(params: Params): AbiParams {
  if (params.app === noApp) throw malformed('params.app', 'left out for a channel without an app', params.app)
  return {
    challengeDuration: params.challengeDuration,
    nonce: params.nonce,
    participants: params.participants.map((participant, index) => ({
      ethAddress: address(participant.address, `params.participants[${index}].address`),
      ccAddress: participant.crossChainAddress,
    })),
    app: params.app === undefined ? noApp : address(params.app, 'params.app'),
    ledgerChannel: params.ledgerChannel,
    virtualChannel: params.virtualChannel,
  }
}

/** The inverse of {@link stateFromAbi}. @throws WatcherError `STATE_MALFORMED` for a holder that is not 20 bytes long. */
export function stateToAbi(state: State): AbiState {
  const { assets, backends, balances, locked } = state.outcome
  return {
    channelID: state.channelId,
    version: state.version,
    outcome: {
      assets: assets.map((asset, index) => ({
        chainID: asset.chainId,
        ethHolder: address(asset.holder, `state.outcome.assets[${index}].holder`),
        ccHolder: asset.crossChainHolder,
      })),
      backends,
      balances,
      locked: locked.map((lock) => ({ ID: lock.channelId, balances: lock.balances, indexMap: lock.indexMap })),
    },
    appData: state.appData,
    isFinal: state.isFinal,
  }
}

/** The inverse of {@link transactionFromAbi}. @throws WatcherError `STATE_MALFORMED` as {@link stateToAbi}. */
export function transactionToAbi(transaction: Transaction): AbiTransaction {
  return { state: stateToAbi(transaction.state), sigs: transaction.sigs }
}

/** The inverse of {@link signedStateFromAbi}. @throws WatcherError `STATE_MALFORMED` as {@link paramsToAbi}. */
export function signedStateToAbi(signed: SignedState): AbiSignedState {
  return { params: paramsToAbi(signed.params), ...transactionToAbi(signed) }
}

function address(value: Bytes, path: string): Hex {
  if (value.length !== 42) throw malformed(path, 'an address of 20 bytes', value)
  return value
}
