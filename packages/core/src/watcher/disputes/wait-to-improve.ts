import { firstOf } from '../../async/first-of.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import { type ImprovementRoom, improvableAt, isAffordable } from '../../dispute/improvement.ts'
import { outdatedBelow } from '../../dispute/neglected.ts'
import { channelsOf } from './action-key.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'
import type { StandingAnswer } from './given-answers.ts'

/** Milliseconds; the chain's time is known by the second. */
const second = 1_000

/**
 * Waits once while an answer of ours stands and it is too early to improve it.
 *
 * @returns whether it had to wait: look again then.
 */
export async function waitToImprove(
  dispute: DisputeContext,
  family: FamilyView,
  action: DisputeAction,
  seen: { readonly changes: number; readonly ticks: number },
): Promise<boolean> {
  const { answers, awaited, chainClock, changes, clock, root, signal, ticks } = dispute
  const calls = awaited.count
  const answer = answers.replacedBy(root, action)
  if (answer === undefined || answersMore(dispute, family, action)) return false
  const room = roomOf(dispute, action, answer)
  const secondsLeft = secondsUntil(improvableAt(answer, room), chainClock)
  if (secondsLeft <= 0n || (isPressing(dispute, action, answer) && isAffordable(answer, room))) return false
  await firstOf(signal, [
    (options) => changes.after(seen.changes, options),
    (options) => ticks.after(seen.ticks, options),
    (options) => awaited.after(calls, options),
    (options) => clock.sleep(Number(secondsLeft) * second, options),
  ])
  return true
}

/** Whether it takes somebody else's record out of the tree that stands. */
function answersMore({ answers, root }: DisputeContext, family: FamilyView, action: DisputeAction): boolean {
  const named = new Set(channelsOf(action))
  return outdatedBelow(family).some((id) => !named.has(id) && !answers.standsFor(root, id))
}

/**
 * An answer that could not be what it should have been is made up for at once, a final state is followed by nothing, and
 * whoever waits for the dispute to end does not have to wait for this.
 */
function isPressing({ isAwaited }: DisputeContext, { channel }: DisputeAction, { isPartial }: StandingAnswer): boolean {
  return isPartial || channel.state.isFinal || isAwaited()
}

function roomOf(
  { chainClock, index }: DisputeContext,
  action: DisputeAction,
  { isElsewhere }: StandingAnswer,
): ImprovementRoom {
  const { threats } = action
  const isUrgent = action.isUrgent || isElsewhere
  const { secondsPerBlock } = chainClock
  const challengeDuration = threats.map((threat) => threat.challengeDuration).reduce(least)
  // An urgent deadline may move on with the clock: the end that is known is that of the window.
  const ends = threats.map(({ channelId, deadline }) => greatest(deadline, index.get(channelId)?.record?.timeout ?? 0n))
  const deadline = isUrgent ? ends.reduce(least) : action.deadline
  return { deadline, isUrgent, challengeDuration, secondsPerBlock }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
