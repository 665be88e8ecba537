import {
  type Params,
  parseParams,
  parseSignedState,
  parseState,
  parseTransaction,
  type SignedState,
  type State,
  type Transaction,
} from '@perun-watcher/core'
import { address, bytes, channelId, field, list, uint, uint16, uint256 } from './abi-values.ts'

const noApp = `0x${'00'.repeat(20)}`

/**
 * Channel parameters from the form that the contract, viem, ethers and the Go bindings know (`ethAddress`, `ccAddress`,
 * the zero address for no app).
 *
 * @throws WatcherError `STATE_MALFORMED`, naming the field.
 */
export function paramsFromAbi(value: unknown): Params {
  return parseParams(readParams(value, 'params'))
}

/**
 * A state from the form that the contract, viem, ethers and the Go bindings know (`channelID`, `ethHolder`, `ID`, …).
 *
 * @throws WatcherError `STATE_MALFORMED`, naming the field.
 */
export function stateFromAbi(value: unknown): State {
  return parseState(readState(value, 'state'))
}

/** `{ state, sigs }` with the state as for {@link stateFromAbi}. @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function transactionFromAbi(value: unknown): Transaction {
  return parseTransaction(readTransaction(value, 'transaction'))
}

/**
 * The contract's `SignedState`: `{ params, state, sigs }` as for {@link paramsFromAbi} and {@link stateFromAbi}.
 *
 * @throws WatcherError `STATE_MALFORMED`, naming the field.
 */
export function signedStateFromAbi(value: unknown): SignedState {
  const params = readParams(field(value, 'signed state', 'params'), 'params')
  return parseSignedState({ params, ...readTransaction(value, 'signed state') })
}

// What follows only renames and converts; core's parsers have the last word.

function readTransaction(value: unknown, path: string): object {
  return { state: readState(field(value, path, 'state'), 'state'), sigs: field(value, path, 'sigs') }
}

function readParams(value: unknown, path: string): object {
  const app = address(field(value, path, 'app'), `${path}.app`)
  return {
    challengeDuration: uint256(field(value, path, 'challengeDuration'), `${path}.challengeDuration`),
    nonce: uint256(field(value, path, 'nonce'), `${path}.nonce`),
    participants: list(field(value, path, 'participants'), `${path}.participants`, readParticipant),
    app: app === noApp ? undefined : app,
    ledgerChannel: field(value, path, 'ledgerChannel'),
    virtualChannel: field(value, path, 'virtualChannel'),
  }
}

function readParticipant(value: unknown, path: string): object {
  return {
    address: address(field(value, path, 'ethAddress'), `${path}.ethAddress`),
    crossChainAddress: bytes(field(value, path, 'ccAddress'), `${path}.ccAddress`),
  }
}

function readState(value: unknown, path: string): object {
  return {
    channelId: channelId(field(value, path, 'channelID'), `${path}.channelID`),
    version: uint(field(value, path, 'version'), `${path}.version`, 64),
    outcome: readAllocation(field(value, path, 'outcome'), `${path}.outcome`),
    appData: field(value, path, 'appData'),
    isFinal: field(value, path, 'isFinal'),
  }
}

function readAllocation(value: unknown, path: string): object {
  return {
    assets: list(field(value, path, 'assets'), `${path}.assets`, readAsset),
    backends: list(field(value, path, 'backends'), `${path}.backends`, uint256),
    balances: list(field(value, path, 'balances'), `${path}.balances`, readAmounts),
    locked: list(field(value, path, 'locked'), `${path}.locked`, readSubAlloc),
  }
}

const readAmounts = (value: unknown, path: string): readonly bigint[] => list(value, path, uint256)

function readAsset(value: unknown, path: string): object {
  return {
    chainId: uint256(field(value, path, 'chainID'), `${path}.chainID`),
    holder: address(field(value, path, 'ethHolder'), `${path}.ethHolder`),
    crossChainHolder: bytes(field(value, path, 'ccHolder'), `${path}.ccHolder`),
  }
}

function readSubAlloc(value: unknown, path: string): object {
  return {
    channelId: channelId(field(value, path, 'ID'), `${path}.ID`),
    balances: readAmounts(field(value, path, 'balances'), `${path}.balances`),
    indexMap: list(field(value, path, 'indexMap'), `${path}.indexMap`, uint16),
  }
}
