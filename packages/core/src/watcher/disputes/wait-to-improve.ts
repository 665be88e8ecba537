import { firstOf } from '../../async/first-of.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'

/** Milliseconds; the chain's time is known by the second. */
const second = 1_000

/**
 * Waits once while an answer of ours stands and it is too early to improve it. An answer that could not be what it should
 * have been is made up for at once, and whoever waits for the dispute to end does not have to wait for this, as long as the
 * improvements stay within what a dispute may cost.
 *
 * @returns whether it had to wait: look again then.
 */
export async function waitToImprove(
  dispute: DisputeContext,
  action: DisputeAction,
  seen: { readonly changes: number; readonly ticks: number },
): Promise<boolean> {
  const { answers, awaited, chainClock, changes, clock, isAwaited, signal, ticks } = dispute
  const calls = awaited.count
  const { secondsPerBlock } = chainClock
  if (!answers.isImprovement(action)) return false
  const secondsLeft = secondsUntil(answers.dueAt(action, secondsPerBlock), chainClock)
  const hurries = (isAwaited() || answers.isMakeUp(action)) && answers.isAffordable(action, secondsPerBlock)
  if (secondsLeft <= 0n || hurries) return false
  await firstOf(signal, [
    (options) => changes.after(seen.changes, options),
    (options) => ticks.after(seen.ticks, options),
    (options) => awaited.after(calls, options),
    (options) => clock.sleep(Number(secondsLeft) * second, options),
  ])
  return true
}
