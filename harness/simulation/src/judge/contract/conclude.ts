import type { Params, SignedState, State, SubAlloc } from '@perun-watcher/core'
import { isSignedByAll, type Notary } from './notary.ts'
import {
  type Answer,
  type ContractRecord,
  mostUint64,
  outOfBounds,
  overflow,
  type Records,
  recordFor,
  refused,
  sumOf,
} from './records.ts'

interface Walk {
  readonly notary: Notary
  readonly records: Map<State['channelId'], ContractRecord>
  readonly others: readonly State[]
  next: number
}

/** When `conclude` takes a channel as a root, fact sheet 3.3: an app that was not played yet gets one more duration. */
export function concludableAt({ phase, timeout, hasApp, challengeDuration }: ContractRecord): bigint {
  return phase === 'dispute' && hasApp ? timeout + challengeDuration : timeout
}

/** `conclude(params, state, subStates)`, fact sheet 3.3: of all that is below the root no timeout is looked at. */
export function conclude(
  notary: Notary,
  records: Records,
  { params, state }: { readonly params: Params; readonly state: State },
  subStates: readonly State[],
  now: bigint,
): Answer {
  if (!params.ledgerChannel) return refused('not ledger')
  if (notary.channelId(params) !== state.channelId) return refused('invalid params')
  const record = records.get(state.channelId)
  if (record === undefined) return refused('not registered')
  if (record.stateHash !== notary.stateHash(state)) return refused('invalid state')
  if (record.phase === 'concluded') return refused('already concluded')
  const timeout = concludableAt(record)
  if (timeout > mostUint64) return refused(overflow)
  if (now < timeout) return refused('timeout not passed yet')
  const walk: Walk = { notary, records: new Map(records), others: subStates, next: 0 }
  walk.records.set(state.channelId, { ...record, timeout })
  const outcome = concludeWithLocks(walk, state)
  return typeof outcome === 'string' ? refused(outcome) : { type: 'taken', records: walk.records, outcome }
}

/** @returns who owns what of the channel with all below it, or the rule that is broken. */
function concludeWithLocks(walk: Walk, state: State): readonly (readonly bigint[])[] | string {
  const record = walk.records.get(state.channelId)
  if (record === undefined) return 'not registered'
  if (record.stateHash !== walk.notary.stateHash(state)) return 'invalid state'
  walk.records.set(state.channelId, { ...record, phase: 'concluded' })
  const { assets, balances, locked } = state.outcome
  const outcome: bigint[][] = []
  for (const index of assets.keys()) {
    const row = balances[index]
    if (row === undefined) return outOfBounds
    outcome.push([...row])
  }
  for (const lock of locked) {
    const sub = walk.others[walk.next]
    walk.next += 1
    if (sub === undefined) return outOfBounds
    if (sub.channelId !== lock.channelId) return 'invalid subchannel id'
    const below = concludeWithLocks(walk, sub)
    if (typeof below === 'string') return below
    const fault = addMapped(outcome, lock, below)
    if (fault !== undefined) return fault
  }
  return outcome
}

/** Participant `p` of the sub-channel is participant `indexMap[p]` of the parent. */
function addMapped(
  outcome: readonly bigint[][],
  { indexMap }: SubAlloc,
  below: readonly (readonly bigint[])[],
): string | undefined {
  for (const [asset, row] of outcome.entries()) {
    for (const [participant, target] of indexMap.entries()) {
      const [part, own] = [below[asset]?.[participant], row[target]]
      if (part === undefined || own === undefined) return outOfBounds
      const sum = sumOf([own, part])
      if (sum === undefined) return overflow
      row[target] = sum
    }
  }
  return undefined
}

/** `concludeFinal(params, state, sigs)`, fact sheet 3.3: whatever version is registered, in any phase but concluded. */
export function concludeFinal(notary: Notary, records: Records, channel: SignedState, now: bigint): Answer {
  const { params, state } = channel
  if (!params.ledgerChannel) return refused('not ledger')
  if (!state.isFinal) return refused('state not final')
  if (state.outcome.locked.length > 0) return refused('has sub-channels')
  if (notary.channelId(params) !== state.channelId) return refused('invalid params')
  if (!isSignedByAll(notary, channel)) return refused('invalid signature')
  const before = records.get(state.channelId)
  if (before?.phase === 'concluded') return refused('concluded already')
  const { version, isFinal } = state
  const { challengeDuration, app } = params
  const stateHash = notary.stateHash(state)
  const written = {
    version,
    phase: 'concluded',
    stateHash,
    hasApp: app !== undefined,
    challengeDuration,
    isFinal,
  } as const
  const record = recordFor(before, written, now)
  if (record === undefined) return refused(overflow)
  const outcome = state.outcome.assets.map((_, asset) => state.outcome.balances[asset])
  if (outcome.some((row) => row === undefined)) return refused(outOfBounds)
  return {
    type: 'taken',
    records: new Map(records).set(state.channelId, record),
    outcome: outcome.filter((row) => row !== undefined),
  }
}
