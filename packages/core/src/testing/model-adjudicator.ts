import type { ChannelId } from '../model/brand.ts'
import type { Params, SignedState, State } from '../model/channel.ts'
import type { Phase } from '../model/ledger.ts'
import { add, addMapped, requireSameAmounts, requireSameAssets, requireStep, sum } from './model-checks.ts'
import { obligingContracts, payOut, requireMove } from './model-contracts.ts'
import { arithmeticPanic, arrayPanic, require, reverts } from './model-revert.ts'
import type {
  ModelAdjudicator,
  ModelContracts,
  ModelCrypto,
  ModelDispute,
  ModelDisputes,
  ModelResult,
  ModelStateOf,
} from './model-types.ts'

const maxUint64 = 2n ** 64n - 1n

/**
 * The adjudicator of generation v1 in memory: the same checks in the same order, the same logs. Written from the
 * contract's behaviour and independent of the dispute rules that it judges.
 */
export function modelAdjudicator(crypto: ModelCrypto, contracts: ModelContracts = obligingContracts): ModelAdjudicator {
  function requireSignedByAll({ params, state, sigs }: SignedState): void {
    requireBelongs(params, state)
    require(sigs.length === params.participants.length, 'signatures length mismatch')
    for (const [participant, signature] of sigs.entries()) {
      const fault = crypto.signatureFault(params, state, participant, signature)
      require(fault === undefined, fault ?? '')
    }
  }

  function requireBelongs(params: Params, state: State): void {
    require(crypto.channelId(params) === state.channelId, 'invalid params')
  }

  function requireRecorded(disputes: ModelDisputes, state: State): ModelDispute {
    const dispute = disputes.get(state.channelId) ?? reverts('not registered')
    require(dispute.stateHash === crypto.stateHash(state), 'invalid state')
    return dispute
  }

  function write(before: ModelResult, { params, state }: ModelStateOf, phase: Phase, now: bigint): ModelResult {
    const dispute = before.disputes.get(state.channelId)
    const challengeDuration = params.challengeDuration & maxUint64
    const opens = dispute === undefined || phase === 'forceExec'
    const timeout = state.isFinal ? now : opens ? now + challengeDuration : dispute.timeout
    require(timeout <= maxUint64, arithmeticPanic)
    const stateHash = crypto.stateHash(state)
    const { version } = state
    const hasApp = params.app !== undefined
    return record(before, state.channelId, { version, phase, timeout, stateHash, challengeDuration, hasApp })
  }

  function registerTree(
    before: ModelResult,
    channel: SignedState,
    all: readonly SignedState[],
    next: number,
    now: bigint,
  ): { readonly after: ModelResult; readonly total: readonly bigint[]; readonly next: number } {
    let after = registerOne(before, channel, now)
    const { assets, balances, locked } = channel.state.outcome
    // Before the count of sub-channels: amounts that overflow are what a caller hears of first.
    const total = balances.map(sum)
    require(locked.length <= all.length, 'subChannels too short')
    let position = next
    for (const lock of locked) {
      const sub = all[position] ?? reverts(arrayPanic)
      require(sub.state.channelId === lock.channelId, 'invalid sub-channel id')
      const below = registerTree(after, sub, all, position + 1, now)
      after = below.after
      position = below.next
      requireSameAssets(assets, sub.state.outcome.assets)
      requireSameAmounts(lock.balances, below.total)
      // Row by row of the locking channel: what the sub-channel has beyond them counts nowhere.
      for (const [row, amount] of total.entries()) total[row] = add(amount, below.total[row] ?? reverts(arrayPanic))
    }
    return { after, total, next: position }
  }

  function registerOne(before: ModelResult, channel: SignedState, now: bigint): ModelResult {
    requireSignedByAll(channel)
    const { params, state } = channel
    if (params.virtualChannel) {
      require(params.app === undefined, 'cannot have app')
      require(state.outcome.locked.length === 0, 'funds locked')
    }
    const dispute = before.disputes.get(state.channelId)
    if (dispute !== undefined) {
      if (dispute.stateHash === crypto.stateHash(state)) return before
      require(dispute.version < state.version, 'invalid version')
      require(dispute.phase === 'dispute', 'incorrect phase')
      require(now < dispute.timeout, 'refutation timeout passed')
    }
    return write(before, channel, 'dispute', now)
  }

  function concludeTree(
    before: ModelResult,
    state: State,
    all: readonly State[],
    next: number,
  ): { readonly after: ModelResult; readonly balances: readonly (readonly bigint[])[]; readonly next: number } {
    let after = markConcluded(before, state)
    const { assets, locked } = state.outcome
    // Balances beyond the assets are money of no kind.
    const balances = assets.map((_, asset) => [...(state.outcome.balances[asset] ?? reverts(arrayPanic))])
    let position = next
    for (const lock of locked) {
      const sub = all[position] ?? reverts(arrayPanic)
      require(lock.channelId === sub.channelId, 'invalid subchannel id')
      const below = concludeTree(after, sub, all, position + 1)
      after = below.after
      position = below.next
      for (const [asset, row] of balances.entries()) addMapped(row, lock, below.balances[asset])
    }
    return { after, balances, next: position }
  }

  function markConcluded(before: ModelResult, state: State): ModelResult {
    const dispute = requireRecorded(before.disputes, state)
    if (dispute.phase === 'concluded') return before
    return record(before, state.channelId, { ...dispute, phase: 'concluded' })
  }

  return {
    register(before, channel, subChannels, now) {
      require(channel.params.ledgerChannel, 'not ledger')
      return registerTree({ disputes: before, updates: [] }, channel, subChannels, 0, now).after
    },

    progress(before, move, now) {
      const { params, stateOld, state, actorIdx, sig } = move
      const dispute = before.get(state.channelId) ?? reverts('not registered')
      if (dispute.phase === 'dispute') require(now >= dispute.timeout, 'timeout not passed')
      else if (dispute.phase === 'forceExec') require(now < dispute.timeout, 'timeout passed')
      else reverts('invalid phase')
      require(params.app !== undefined, 'must have app')
      require(actorIdx < params.participants.length, 'actorIdx out of range')
      requireBelongs(params, state)
      require(dispute.stateHash === crypto.stateHash(stateOld), 'wrong old state')
      const fault = crypto.signatureFault(params, state, actorIdx, sig)
      require(fault === undefined, fault ?? '')
      requireStep(params, stateOld, state)
      requireMove(contracts, move)
      return write({ disputes: before, updates: [] }, { params, state }, 'forceExec', now)
    },

    conclude(before, { params, state }, subStates, now) {
      require(params.ledgerChannel, 'not ledger')
      requireBelongs(params, state)
      const dispute = requireRecorded(before, state)
      require(dispute.phase !== 'concluded', 'already concluded')
      const waitsForApp = dispute.phase === 'dispute' && dispute.hasApp
      const timeout = waitsForApp ? dispute.timeout + dispute.challengeDuration : dispute.timeout
      require(timeout <= maxUint64, arithmeticPanic)
      require(now >= timeout, 'timeout not passed yet')
      const disputes = new Map(before).set(state.channelId, { ...dispute, timeout })
      const { after, balances } = concludeTree({ disputes, updates: [] }, state, subStates, 0)
      payOut(contracts, { params, state }, balances)
      return after
    },

    concludeFinal(before, channel, now) {
      const { params, state } = channel
      require(params.ledgerChannel, 'not ledger')
      require(state.isFinal, 'state not final')
      require(state.outcome.locked.length === 0, 'has sub-channels')
      requireSignedByAll(channel)
      require(before.get(state.channelId)?.phase !== 'concluded', 'concluded already')
      const after = write({ disputes: before, updates: [] }, channel, 'concluded', now)
      payOut(contracts, { params, state }, state.outcome.balances)
      return after
    },
  }
}

function record(before: ModelResult, channelId: ChannelId, dispute: ModelDispute): ModelResult {
  const { version, phase, timeout } = dispute
  return {
    disputes: new Map(before.disputes).set(channelId, dispute),
    updates: [...before.updates, { channelId, version, phase, timeout }],
  }
}
