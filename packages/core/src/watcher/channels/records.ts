import { isInDoubt } from '../../dispute/record-rules.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import type { ChannelEntry } from './channel-index.ts'

/** Whether two records are the same as far as a log tells. */
export function isSameRecord(a: OnChainRecord | undefined, b: OnChainRecord | undefined): boolean {
  return a?.version === b?.version && a?.phase === b?.phase && a?.timeout === b?.timeout
}

/** Whether the chain holds something of a channel that may have to be answered, with a state of whatever line. */
export function isAtStake({ record, version, hash, otherLines }: ChannelEntry): boolean {
  return isInDoubt(record, { version, hash }) || otherLines.some((line) => isInDoubt(record, line))
}
