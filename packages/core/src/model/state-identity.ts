import type { StateHash } from './brand.ts'
import type { HeldState } from './channel.ts'
import type { OnChainRecord } from './ledger.ts'

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
