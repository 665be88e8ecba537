import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  AllocationInput,
  ParamsInput,
  SignedStateInput,
  StateInput,
  SubAllocInput,
  TransactionInput,
} from '@perun-watcher/core'
import type {
  Allocation,
  AllocationSchema,
  Amounts,
  Asset,
  Params,
  ParamsSchema,
  Participant,
  SignedState,
  SignedStateSchema,
  State,
  StateSchema,
  SubAlloc,
  SubAllocSchema,
} from '../generated/perun/watcher/v1/watcher_pb.js'
import { bytesOf, hexOf, listOf, optionalHexOf, present, uint256Of, uint256ToBytes } from './fields.ts'

// Reading: the form of every number, and the lengths of lists; whoever takes the state parses the rest.

function readParticipant({ address, crossChainAddress }: Participant): ParamsInput['participants'][number] {
  return { address: hexOf(address), crossChainAddress: hexOf(crossChainAddress) }
}

function readParams(params: Params, path: string): ParamsInput {
  return {
    challengeDuration: uint256Of(params.challengeDuration, `${path}.challengeDuration`),
    nonce: uint256Of(params.nonce, `${path}.nonce`),
    participants: listOf(params.participants, `${path}.participants`, readParticipant),
    app: optionalHexOf(params.app),
    ledgerChannel: params.ledgerChannel,
    virtualChannel: params.virtualChannel,
  }
}

function readAsset({ chainId, holder, crossChainHolder }: Asset, path: string): AllocationInput['assets'][number] {
  return {
    chainId: uint256Of(chainId, `${path}.chainId`),
    holder: hexOf(holder),
    crossChainHolder: hexOf(crossChainHolder),
  }
}

const readAmounts = ({ amounts }: Amounts, path: string): readonly bigint[] => listOf(amounts, path, uint256Of)

function readLock({ channelId, balances, indexMap }: SubAlloc, path: string): SubAllocInput {
  return {
    channelId: hexOf(channelId),
    balances: listOf(balances, `${path}.balances`, uint256Of),
    indexMap: listOf(indexMap, `${path}.indexMap`, (index) => index),
  }
}

function readOutcome({ assets, backends, balances, locked }: Allocation, path: string): AllocationInput {
  return {
    assets: listOf(assets, `${path}.assets`, readAsset),
    backends: listOf(backends, `${path}.backends`, uint256Of),
    balances: listOf(balances, `${path}.balances`, readAmounts),
    locked: listOf(locked, `${path}.locked`, readLock),
  }
}

function readState({ channelId, version, outcome, appData, isFinal }: State): StateInput {
  return {
    channelId: hexOf(channelId),
    version,
    outcome: readOutcome(present(outcome, 'state.outcome'), 'state.outcome'),
    appData: hexOf(appData),
    isFinal,
  }
}

/** @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function readTransaction({ state, sigs }: SignedState): TransactionInput {
  return { state: readState(present(state, 'state')), sigs: listOf(sigs, 'sigs', hexOf) }
}

/** @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function readSignedState(params: Params | undefined, newest: SignedState | undefined): SignedStateInput {
  return { params: readParams(present(params, 'params'), 'params'), ...readTransaction(present(newest, 'newest')) }
}

export function writeParams(params: ParamsInput): MessageInitShape<typeof ParamsSchema> {
  return {
    challengeDuration: uint256ToBytes(params.challengeDuration, 'params.challengeDuration'),
    nonce: uint256ToBytes(params.nonce, 'params.nonce'),
    participants: params.participants.map(({ address, crossChainAddress }) => ({
      address: bytesOf(address, 'params.participants.address'),
      crossChainAddress: bytesOf(crossChainAddress, 'params.participants.crossChainAddress'),
    })),
    app: params.app === undefined ? new Uint8Array() : bytesOf(params.app, 'params.app'),
    ledgerChannel: params.ledgerChannel,
    virtualChannel: params.virtualChannel,
  }
}

const writeAmounts = (amounts: readonly bigint[]): Uint8Array[] =>
  amounts.map((amount) => uint256ToBytes(amount, 'an amount'))

function writeLock({ channelId, balances, indexMap }: SubAllocInput): MessageInitShape<typeof SubAllocSchema> {
  return {
    channelId: bytesOf(channelId, 'state.outcome.locked.channelId'),
    balances: writeAmounts(balances),
    indexMap: [...indexMap],
  }
}

function writeOutcome(outcome: AllocationInput): MessageInitShape<typeof AllocationSchema> {
  return {
    assets: outcome.assets.map(({ chainId, holder, crossChainHolder }) => ({
      chainId: uint256ToBytes(chainId, 'state.outcome.assets.chainId'),
      holder: bytesOf(holder, 'state.outcome.assets.holder'),
      crossChainHolder: bytesOf(crossChainHolder, 'state.outcome.assets.crossChainHolder'),
    })),
    backends: outcome.backends.map((backend) => uint256ToBytes(backend, 'state.outcome.backends')),
    balances: outcome.balances.map((row) => ({ amounts: writeAmounts(row) })),
    locked: outcome.locked.map(writeLock),
  }
}

function writeState(state: StateInput): MessageInitShape<typeof StateSchema> {
  return {
    channelId: bytesOf(state.channelId, 'state.channelId'),
    version: state.version,
    outcome: writeOutcome(state.outcome),
    appData: bytesOf(state.appData, 'state.appData'),
    isFinal: state.isFinal,
  }
}

export function writeTransaction({ state, sigs }: TransactionInput): MessageInitShape<typeof SignedStateSchema> {
  return { state: writeState(state), sigs: sigs.map((sig) => bytesOf(sig, 'sigs')) }
}
