import type { Params, State, SubAlloc } from '@perun-watcher/core'
import type { Notary } from './notary.ts'
import { type Answer, mostUint64, overflow, type Records, recordFor, refused, sumOf } from './records.ts'
import { isSameAmounts, isSameAsset } from './register.ts'

/** A move of an app that one participant makes alone. */
export interface Play {
  readonly params: Params
  readonly stateOld: State
  readonly state: State
  readonly actorIdx: number
  readonly sig: string
}

/** `progress(params, stateOld, state, actorIdx, sig)`, fact sheet 3.3, but for what the app itself says of the move. */
export function progress(notary: Notary, records: Records, play: Play, now: bigint): Answer {
  const { params, stateOld, state, actorIdx, sig } = play
  const record = records.get(state.channelId)
  if (record === undefined) return refused('not registered')
  if (record.phase === 'concluded') return refused('invalid phase')
  if (record.phase === 'dispute' && now < record.timeout) return refused('timeout not passed')
  if (record.phase === 'forceExec' && now >= record.timeout) return refused('timeout passed')
  if (params.app === undefined) return refused('must have app')
  if (actorIdx >= params.participants.length) return refused('actorIdx out of range')
  if (notary.channelId(params) !== state.channelId) return refused('invalid params')
  if (record.stateHash !== notary.stateHash(stateOld)) return refused('wrong old state')
  if (!notary.hasSigned(params, state, actorIdx, sig)) return refused('invalid signature')
  const fault = stepFault(params, stateOld, state)
  if (fault !== undefined) return refused(fault)
  const { version, isFinal } = state
  const { challengeDuration } = params
  const stateHash = notary.stateHash(state)
  const written = { version, phase: 'forceExec', stateHash, hasApp: true, challengeDuration, isFinal } as const
  const after = recordFor(record, written, now)
  if (after === undefined) return refused(overflow)
  return { type: 'taken', records: new Map(records).set(state.channelId, after), outcome: undefined }
}

/** What must not change in a move, whatever the app says. */
function stepFault({ participants }: Params, from: State, to: State): string | undefined {
  if (from.version === mostUint64) return overflow
  if (to.version !== from.version + 1n) return 'version must increment by one'
  if (from.isFinal) return 'cannot progress from final state'
  const [before, after] = [from.outcome, to.outcome]
  if (before.balances.length !== after.balances.length) return 'balances length mismatch'
  if (before.assets.length !== after.assets.length) return 'assets length mismatch'
  if (before.locked.length !== after.locked.length) return 'SubAlloc[]: unequal length'
  if (!before.locked.every((lock, index) => isSameLock(lock, after.locked[index]))) return 'SubAlloc: unequal'
  const faults = before.assets.map((asset, index) => {
    if (!isSameAsset(asset, after.assets[index])) return 'unequal asset'
    return rowFault(participants.length, before.balances[index] ?? [], after.balances[index] ?? [])
  })
  return faults.find((fault) => fault !== undefined)
}

/** One asset's balances before and after. */
function rowFault(participants: number, before: readonly bigint[], after: readonly bigint[]): string | undefined {
  if (before.length !== participants) return 'old balances length mismatch'
  if (after.length !== participants) return 'new balances length mismatch'
  const [old, next] = [sumOf(before), sumOf(after)]
  if (old === undefined || next === undefined) return overflow
  return old === next ? undefined : 'sum of balances mismatch'
}

function isSameLock(a: SubAlloc, b: SubAlloc | undefined): boolean {
  return (
    a.channelId === b?.channelId &&
    isSameAmounts(a.balances, b.balances) &&
    a.indexMap.length === b.indexMap.length &&
    a.indexMap.every((target, index) => target === b.indexMap[index])
  )
}
