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
import { bytesOf, listOf, optionalHex, present, uint256Of, uint256sOf, uint256ToBytes } from './fields.ts'
import type { Received } from './message-reader.ts'

// Reading checks the encoding of numbers and the lengths of lists; the engine validates the rest.

function readParticipant({ address, crossChainAddress }: Received<Participant>): ParamsInput['participants'][number] {
  return { address, crossChainAddress }
}

function readParams(params: Received<Params>, path: string): ParamsInput {
  return {
    challengeDuration: uint256Of(params.challengeDuration, `${path}.challengeDuration`),
    nonce: uint256Of(params.nonce, `${path}.nonce`),
    participants: listOf(params.participants, `${path}.participants`).map(readParticipant),
    app: optionalHex(params.app),
    ledgerChannel: params.ledgerChannel,
    virtualChannel: params.virtualChannel,
  }
}

function readAsset(
  { chainId, holder, crossChainHolder }: Received<Asset>,
  path: string,
): AllocationInput['assets'][number] {
  return { chainId: uint256Of(chainId, `${path}.chainId`), holder, crossChainHolder }
}

function readLock({ channelId, balances, indexMap }: Received<SubAlloc>, path: string): SubAllocInput {
  return {
    channelId,
    balances: uint256sOf(balances, `${path}.balances`),
    indexMap: listOf(indexMap, `${path}.indexMap`),
  }
}

function readOutcome({ assets, backends, balances, locked }: Received<Allocation>, path: string): AllocationInput {
  return {
    assets: partsOf(assets, `${path}.assets`, readAsset),
    backends: uint256sOf(backends, `${path}.backends`),
    balances: partsOf(balances, `${path}.balances`, ({ amounts }, row) => uint256sOf(amounts, row)),
    locked: partsOf(locked, `${path}.locked`, readLock),
  }
}

function partsOf<From, To>(list: readonly From[], path: string, read: (from: From, path: string) => To): readonly To[] {
  return listOf(list, path).map((each, index) => read(each, `${path}[${index}]`))
}

function readState({ channelId, version, outcome, appData, isFinal }: Received<State>): StateInput {
  return {
    channelId,
    version,
    outcome: readOutcome(present(outcome, 'state.outcome'), 'state.outcome'),
    appData,
    isFinal,
  }
}

/** @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function readTransaction({ state, sigs }: Received<SignedState>): TransactionInput {
  return { state: readState(present(state, 'state')), sigs: listOf(sigs, 'sigs') }
}

/** @throws WatcherError `STATE_MALFORMED`, naming the field. */
export function readSignedState(
  params: Received<Params> | undefined,
  newest: Received<SignedState> | undefined,
): SignedStateInput {
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
