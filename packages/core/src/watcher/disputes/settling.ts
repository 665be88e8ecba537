import { firstOf } from '../../async/first-of.ts'
import { msUntil } from '../../async/ms-until.ts'
import type { DisputeAction } from '../../dispute/decide.ts'
import { confirmationsWanted, settlingSeconds } from '../../dispute/timing.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'

/** The first sight of a dispute. */
export interface Settling {
  /** The block that wrote the record: from it on confirmations are counted. */
  readonly since: bigint
  /** By the clock, in milliseconds: when it has waited long enough, whatever the chain does. */
  readonly untilMs: number
}

/**
 * @param earlier the first sight so far. Later registrations of the cheater do not renew it, or they would use up the time;
 *   except where each brings a window of its own.
 */
export function settlingOf(
  { chainClock, clock, refuteDepth, rules }: DisputeContext,
  action: DisputeAction,
  earlier: Settling | undefined,
): Settling {
  const since = newestRecordOf(action)
  if (earlier !== undefined && !(rules.replacingRestartsWindow && since > earlier.since)) return earlier
  const secondsLeft = secondsUntil(action.deadline, chainClock)
  const wanted = confirmationsWanted(secondsLeft, chainClock.secondsPerBlock, refuteDepth)
  const seconds = settlingSeconds(wanted, secondsLeft, chainClock.secondsPerBlock)
  return { since, untilMs: clock.now() + Number(seconds) * 1000 }
}

/**
 * Waits once while there is time to let the dispute settle in the chain before answering it. Where more disputes are under way
 * than the ledger takes of us at once there is none: those that wait keep the places of the next block empty, and the last ones
 * pay for that.
 *
 * @returns whether it had to wait: look again then.
 */
export async function waitToSettle(
  dispute: DisputeContext,
  action: DisputeAction,
  { since, untilMs }: Settling,
  seen: { readonly changes: number; readonly ticks: number },
): Promise<boolean> {
  const { chainClock, refuteDepth, clock, changes, ticks, isCrowded, signal } = dispute
  const leftMs = msUntil(clock, untilMs)
  if (action.isUrgent || chainClock.head === undefined || leftMs <= 0 || isCrowded()) return false
  const wanted = confirmationsWanted(secondsUntil(action.deadline, chainClock), chainClock.secondsPerBlock, refuteDepth)
  if (chainClock.head.number - since >= wanted) return false
  await firstOf(signal, [
    (options) => changes.after(seen.changes, options),
    (options) => ticks.after(seen.ticks, options),
    (options) => clock.sleep(leftMs, options),
  ])
  return true
}

function newestRecordOf({ threats }: DisputeAction): bigint {
  return threats.reduce((newest, { recordBlock }) => (recordBlock > newest ? recordBlock : newest), 0n)
}
