import { chattiness, excessiveOffers, failedTransactions, growth, needlessTransactions, overpaid } from './costs.ts'
import type { Facts } from './facts.ts'
import { lostDisputes, refusedStates, untoldLosses, untoldRefutations } from './lost.ts'

const rules: readonly ((facts: Facts) => readonly string[])[] = [
  lostDisputes,
  untoldLosses,
  untoldRefutations,
  refusedStates,
  excessiveOffers,
  overpaid,
  needlessTransactions,
  failedTransactions,
  chattiness,
  growth,
  ({ passed }) => passed,
]

/** What must not have happened. Knows what the world did and what clients were told, and nothing of the watcher. */
export function judge(facts: Facts): readonly string[] {
  return rules.flatMap((rule) => rule(facts))
}
