import type { HeldState } from '../model/channel.ts'
import type { OnChainRecord } from '../model/ledger.ts'
import { isRecordOf, type StateIdentity } from '../model/state-identity.ts'
import type { AdjudicatorRules, PlayWindow } from '../spi/chain.ts'
import type { ChannelView, FamilyView } from './family.ts'

/** What the adjudicator takes, and when it is. */
export type Instant = Pick<FamilyView, 'rules' | 'now'>

/** Whether the adjudicator would still replace this record by a newer state. */
export function isRefutable(record: OnChainRecord, { rules, now }: Instant): boolean {
  const until = rules.refutableUntil(record)
  return until === undefined || now < until
}

/** Whether a tree may contain this state: its channel is not registered yet, or the record is repeated or replaced. */
export function isAdmissible(
  { params, record }: Pick<ChannelView, 'params' | 'record'>,
  held: HeldState,
  { rules, now }: Instant,
): boolean {
  return rules.admits(params, record, held, now) !== 'refused'
}

/** Whether a final state that locks nothing settles the channel, though this record stands for another one. */
export function isBeatenByFinal(record: OnChainRecord, { finalWins }: AdjudicatorRules): boolean {
  // Where all was withdrawn a conclusion is refused, and repeated ever more rarely: the record does not tell.
  return finalWins === 'until-withdrawn' || (finalWins === 'until-concluded' && record.phase !== 'concluded')
}

/** When the app of a registered channel can be played on the ledger; `undefined`: never, as things stand. */
export function playOf({ params, record }: ChannelView, { rules }: Instant): PlayWindow | undefined {
  if (record === undefined || params.app === undefined || !rules.apps) return undefined
  return rules.playable(params, record)
}

/**
 * Whether the chain holds something else than our newest state that is not certain to be newer and is not settled yet. It
 * may be a state that everybody signed before ours, another one with our version, or one that a single participant made.
 */
export function isInDoubt(record: OnChainRecord | undefined, newest: StateIdentity): boolean {
  if (record === undefined || record.phase === 'concluded' || isRecordOf(record, newest)) return false
  return record.phase === 'forceExec' || record.version <= newest.version
}
