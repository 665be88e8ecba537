import type { SignedState } from '../model/channel.ts'
import type { OnChainRecord } from '../model/ledger.ts'
import type { PlayedState } from '../spi/chain.ts'
import { modelAdjudicator } from './model-adjudicator.ts'
import { modelCrypto } from './model-crypto.ts'
import type { ModelDispute, ModelDisputes, ModelResult } from './model-types.ts'

const contract = modelAdjudicator(modelCrypto)

/** A call of the adjudicator in a transaction. */
export interface ModelCall {
  /** @throws ModelRevert */
  run(before: ModelDisputes, now: bigint): ModelResult
  /** The signed states that can be recovered from the transaction, the root first. */
  readonly states: readonly SignedState[]
  /** What it plays in the channel's app. */
  readonly played?: PlayedState | undefined
}

/** A registration. `isHidden`: through a wrapper, so that its states cannot be recovered. */
export function registers(channel: SignedState, subChannels: readonly SignedState[] = [], isHidden = false): ModelCall {
  return {
    run: (before, now) => contract.register(before, channel, subChannels, now),
    states: isHidden ? [] : [channel, ...subChannels],
  }
}

/** A conclusion with states that are registered, after their challenge durations. */
export function concludes(channel: SignedState, subChannels: readonly SignedState[] = []): ModelCall {
  const subStates = subChannels.map((sub) => sub.state)
  return { run: (before, now) => contract.conclude(before, channel, subStates, now), states: [] }
}

/** A conclusion with a final state, which needs no registration. */
export function concludesFinal(channel: SignedState): ModelCall {
  return { run: (before, now) => contract.concludeFinal(before, channel, now), states: [channel] }
}

/** A move in the channel's app from one state to the next, signed by the first participant alone. */
export function progresses(from: SignedState, { params, state, sigs }: SignedState): ModelCall {
  const move = { params, stateOld: from.state, state, actorIdx: 0, sig: sigs[0] ?? '0x' }
  return { run: (before, now) => contract.progress(before, move, now), states: [], played: { state, actor: 0 } }
}

/** What a ledger tells of a dispute. */
export function modelRecord(dispute: ModelDispute | undefined, blockNumber: bigint): OnChainRecord | undefined {
  if (dispute === undefined) return undefined
  const { version, phase, timeout, stateHash } = dispute
  return { version, phase, timeout, stateHash, blockNumber }
}
