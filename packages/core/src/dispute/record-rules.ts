import type { StateHash } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../model/ledger.ts'

/**
 * Whether the adjudicator would still replace this record by a higher version: phase DISPUTE and
 * `block.timestamp < timeout` (contract: `incorrect phase`, `refutation timeout passed`).
 */
export function isRefutable(record: OnChainRecord, now: ChainTime): boolean {
  return record.phase === 'dispute' && now < record.timeout
}

/** What tells one state of a channel from another. */
export interface StateIdentity {
  readonly version: bigint
  readonly hash: StateHash
}

export function identityOf({ state, hash }: HeldState): StateIdentity {
  return { version: state.version, hash }
}

/**
 * Whether the record stands for exactly this state. While only the log is known the hash is missing and the version
 * has to do; reading the record brings the hash. After a forced execution the version says nothing: the states that it
 * leads to are signed by one participant alone, and may have the versions of states that everybody signed.
 */
export function standsFor(record: OnChainRecord, held: HeldState): boolean {
  return isRecordOf(record, identityOf(held))
}

/** The same for a state of which only the identity is known. */
export function isRecordOf(record: OnChainRecord, { version, hash }: StateIdentity): boolean {
  if (record.version !== version) return false
  return record.stateHash === undefined ? record.phase !== 'forceExec' : record.stateHash === hash
}

/**
 * Whether the chain holds something else than our newest state that is not certain to be newer and is not settled yet. It
 * may be a state that everybody signed before ours, another one with our version, or one that a single participant made.
 */
export function isInDoubt(record: OnChainRecord | undefined, newest: StateIdentity): boolean {
  if (record === undefined || record.phase === 'concluded' || isRecordOf(record, newest)) return false
  return record.phase === 'forceExec' || record.version <= newest.version
}

/**
 * Whether a tree may contain this state: the channel is not registered yet, or the record is repeated exactly (a no-op
 * for the contract, at any time), or the record is replaced by a higher version while that is allowed.
 */
export function isAdmissible(record: OnChainRecord | undefined, held: HeldState, now: ChainTime): boolean {
  if (record === undefined || standsFor(record, held)) return true
  return held.state.version > record.version && isRefutable(record, now)
}
