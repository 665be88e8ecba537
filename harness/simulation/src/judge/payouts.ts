import { concludableAt } from './contract/conclude.ts'
import type { Contract } from './contract/contract.ts'
import type { Outcome, Records } from './contract/records.ts'
import type { Witness } from './possibilities.ts'

/** What the first participant of a root owns in the end, over all assets. */
function shareOfClient(outcome: Outcome): bigint {
  return outcome.reduce((sum, row) => sum + (row[0] ?? 0n), 0n)
}

/**
 * What the client would get of a root if its witness were registered and nobody else did anything: register, wait, conclude.
 *
 * @returns `undefined`: the contract would never conclude it.
 */
export function payoutOf(
  { signed, tree }: Witness,
  { contract, records, now }: { readonly contract: Contract; readonly records: Records; readonly now: bigint },
): bigint | undefined {
  const final = contract.concludeFinal(records, signed, now)
  if (final.type === 'taken') return final.outcome && shareOfClient(final.outcome)
  const [, ...subs] = tree
  const registered = contract.register(records, signed, subs, now)
  const record = registered.type === 'taken' ? registered.records.get(signed.state.channelId) : undefined
  if (registered.type === 'refused' || record === undefined) return undefined
  const then = concludableAt(record) > now ? concludableAt(record) : now
  const states = subs.map(({ state }) => state)
  const concluded = contract.conclude(registered.records, signed, states, then)
  return concluded.type === 'taken' && concluded.outcome !== undefined ? shareOfClient(concluded.outcome) : undefined
}
