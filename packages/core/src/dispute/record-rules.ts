import type { HeldState, Params } from '../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../model/ledger.ts'

/**
 * Whether the adjudicator would still replace this record by a higher version: phase DISPUTE and
 * `block.timestamp < timeout` (contract: `incorrect phase`, `refutation timeout passed`).
 */
export function isRefutable(record: OnChainRecord, now: ChainTime): boolean {
  return record.phase === 'dispute' && now < record.timeout
}

/**
 * Whether the record stands for exactly this state. While only the log is known the hash is missing and the version
 * has to do; reading the record brings the hash.
 */
export function standsFor(record: OnChainRecord, held: HeldState): boolean {
  return record.version === held.state.version && (record.stateHash === undefined || record.stateHash === held.hash)
}

/**
 * Whether a tree may contain this state: the channel is not registered yet, or the record is repeated exactly (a no-op
 * for the contract, at any time), or the record is replaced by a higher version while that is allowed.
 */
export function isAdmissible(record: OnChainRecord | undefined, held: HeldState, now: ChainTime): boolean {
  if (record === undefined || standsFor(record, held)) return true
  return held.state.version > record.version && isRefutable(record, now)
}

/**
 * The first instant at which `conclude` accepts this channel as a root: the timeout, and one more challenge duration
 * where an app could still be played.
 */
export function concludableAt(params: Params, record: OnChainRecord): ChainTime {
  const waitsForApp = record.phase === 'dispute' && params.app !== undefined
  return waitsForApp ? record.timeout + params.challengeDuration : record.timeout
}
