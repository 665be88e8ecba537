import { lockMatches } from '../../src/dispute/lock-rules.ts'
import type { ChannelId, OnChainRecord, Phase, SignedState, State, StateHash } from '../../src/index.ts'
import { fakeBackend, stateHashOf } from './fake-crypto.ts'

/** What the adjudicator keeps of one channel. */
export interface ModelDispute {
  readonly version: bigint
  readonly phase: Phase
  readonly timeout: bigint
  readonly stateHash: StateHash
}

export interface ModelUpdate extends ModelDispute {
  readonly channelId: ChannelId
}

export class ModelRevert extends Error {}

function require(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new ModelRevert(reason)
}

/**
 * The adjudicator's rules in memory, written from the contract's documented behaviour, order of checks included.
 * Immutable: every call returns the disputes afterwards.
 */
export interface ModelState {
  readonly disputes: ReadonlyMap<ChannelId, ModelDispute>
  readonly updates: readonly ModelUpdate[]
}

export const emptyModel: ModelState = { disputes: new Map(), updates: [] }

function write(model: ModelState, update: ModelUpdate): ModelState {
  const { channelId, ...dispute } = update
  return { disputes: new Map(model.disputes).set(channelId, dispute), updates: [...model.updates, update] }
}

/** `register(channel, subChannels)` in a block with timestamp `now`. */
export function register(
  model: ModelState,
  channel: SignedState,
  subChannels: readonly SignedState[],
  now: bigint,
): ModelState {
  require(channel.params.ledgerChannel, 'not ledger')
  const [after] = registerTree({ ...model, updates: [] }, channel, subChannels, now)
  return after
}

function registerTree(
  model: ModelState,
  channel: SignedState,
  remaining: readonly SignedState[],
  now: bigint,
): readonly [ModelState, readonly SignedState[]] {
  let after = registerSingle(model, channel, now)
  let rest = remaining
  for (const lock of channel.state.outcome.locked) {
    const [child, ...others] = rest
    require(child !== undefined, 'subChannels too short')
    require(child.state.channelId === lock.channelId, 'invalid sub-channel id')
    ;[after, rest] = registerTree(after, child, others, now)
    require(lockMatches(channel.state, lock, child.state), 'uint256[]: unequal item')
  }
  return [after, rest]
}

function registerSingle(model: ModelState, { params, state, sigs }: SignedState, now: bigint): ModelState {
  require(isSigned({ params, state, sigs }), 'invalid signature')
  if (params.virtualChannel) {
    require(params.app === undefined, 'cannot have app')
    require(state.outcome.locked.length === 0, 'funds locked')
  }
  const dispute = model.disputes.get(state.channelId)
  const stateHash = stateHashOf(state)
  if (dispute !== undefined) {
    if (dispute.stateHash === stateHash) return model
    require(dispute.version < state.version, 'invalid version')
    require(dispute.phase === 'dispute', 'incorrect phase')
    require(now < dispute.timeout, 'refutation timeout passed')
  }
  const open = dispute?.timeout ?? now + params.challengeDuration
  const timeout = state.isFinal ? now : open
  return write(model, { channelId: state.channelId, version: state.version, phase: 'dispute', timeout, stateHash })
}

function isSigned(signed: SignedState): boolean {
  try {
    fakeBackend.verify(signed)
    return true
  } catch {
    return false
  }
}

/** `concludeFinal(params, state, sigs)`. */
export function concludeFinal(model: ModelState, signed: SignedState, now: bigint): ModelState {
  const { params, state } = signed
  require(params.ledgerChannel, 'not ledger')
  require(state.isFinal, 'state not final')
  require(state.outcome.locked.length === 0, 'has sub-channels')
  require(isSigned(signed), 'invalid signature')
  require(model.disputes.get(state.channelId)?.phase !== 'concluded', 'concluded already')
  const update = { channelId: state.channelId, version: state.version, stateHash: stateHashOf(state) }
  return write({ ...model, updates: [] }, { ...update, phase: 'concluded', timeout: now })
}

/** `conclude(params, state, subStates)`. The root's timeout counts, the sub-channels' do not. */
export function conclude(
  model: ModelState,
  { params, state }: SignedState,
  subStates: readonly State[],
  now: bigint,
): ModelState {
  require(params.ledgerChannel, 'not ledger')
  const dispute = model.disputes.get(state.channelId)
  require(dispute !== undefined, 'not registered')
  require(dispute.stateHash === stateHashOf(state), 'invalid state')
  require(dispute.phase !== 'concluded', 'already concluded')
  const waitsForApp = dispute.phase === 'dispute' && params.app !== undefined
  const timeout = waitsForApp ? dispute.timeout + params.challengeDuration : dispute.timeout
  require(now >= timeout, 'timeout not passed yet')
  const root = { channelId: state.channelId, version: dispute.version, stateHash: dispute.stateHash }
  const concluded = write({ ...model, updates: [] }, { ...root, phase: 'concluded', timeout })
  return subStates.reduce((after, sub) => {
    const subDispute = after.disputes.get(sub.channelId)
    require(subDispute !== undefined && subDispute.stateHash === stateHashOf(sub), 'invalid state')
    if (subDispute.phase === 'concluded') return after
    return write(after, { channelId: sub.channelId, ...subDispute, phase: 'concluded' })
  }, concluded)
}

/** `progress(params, stateOld, state, actorIdx, sig)`, by one participant with an app that allows everything. */
export function progress(model: ModelState, { params, state }: SignedState, now: bigint): ModelState {
  const dispute = model.disputes.get(state.channelId)
  require(dispute !== undefined, 'not registered')
  if (dispute.phase === 'dispute') require(now >= dispute.timeout, 'timeout not passed')
  else require(dispute.phase === 'forceExec' && now < dispute.timeout, 'timeout passed')
  require(params.app !== undefined, 'must have app')
  require(state.version === dispute.version + 1n, 'version must increment by one')
  const timeout = state.isFinal ? now : now + params.challengeDuration
  const update = { channelId: state.channelId, version: state.version, stateHash: stateHashOf(state) }
  return write({ ...model, updates: [] }, { ...update, phase: 'forceExec', timeout })
}

export function recordOf(dispute: ModelDispute | undefined, blockNumber: bigint): OnChainRecord | undefined {
  return dispute && { ...dispute, blockNumber }
}
