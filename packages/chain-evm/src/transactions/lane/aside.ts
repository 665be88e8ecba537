import { type BroadcastResult, isForMoney } from './broadcast.ts'
import { type Attempt, type Slot, stepDown } from './slot.ts'

/*
 * Some endpoints refuse as too expensive what others take: to those alone a smaller offer is made, with the same nonce, beside the
 * one that the others have.
 */

type StepView = Parameters<typeof stepDown>[2]

/** The slot without its smaller offers for some endpoints. */
export function withoutAside(slot: Slot): Slot {
  return { ...slot, attempts: slot.attempts.filter(({ isAside }) => !isAside) }
}

/** The smaller offers for some endpoints as a slot of their own; `undefined`: there is nothing to offer them. */
export function asideOf(slot: Slot): Slot | undefined {
  const { aside, attempts } = slot
  if (aside?.ceiling === undefined) return undefined
  const { ceiling, force } = aside
  return { ...slot, ceiling, force, attempts: attempts.filter(({ isAside }) => isAside) }
}

/** An endpoint refused an offer as too expensive that another one took, or one that was made for it alone. */
export function steppedAside(slot: Slot, refused: Attempt, endpoints: readonly string[], view: StepView): Slot {
  const before = slot.aside
  const all = new Set([...(before?.endpoints ?? []), ...endpoints])
  // The dearer one is refused again and again; that is known.
  if (before !== undefined && !refused.isAside) return { ...slot, aside: { ...before, endpoints: all } }
  const next = stepDown({ ...slot, ceiling: before?.ceiling }, refused, view)
  const aside = { endpoints: all, ceiling: next?.ceiling, force: undefined }
  return refused.isAside && next !== undefined ? { ...slot, aside, attempts: next.attempts } : { ...slot, aside }
}

/** What a refusal says of a smaller offer that some endpoints alone were made; all else is up to what went to all of them. */
export function afterAside(
  slot: Slot,
  attempt: Attempt,
  { type }: Pick<BroadcastResult, 'type'>,
  view: StepView,
): Slot {
  if (isForMoney(type)) return steppedAside(slot, attempt, [], view)
  const isNewest = slot.attempts.findLast(({ isAside }) => isAside)?.hash === attempt.hash
  if (slot.aside === undefined || !isNewest || (type !== 'outbid' && type !== 'feeTooLow')) return slot
  return { ...slot, aside: { ...slot.aside, force: type === 'outbid' ? 'outbid' : 'replace' } }
}
