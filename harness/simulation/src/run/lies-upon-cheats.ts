import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship, HardshipSchedule } from '../world/hardships.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Trace } from '../world/trace.ts'

const told: readonly Hardship[] = ['lyingHeads', 'lateLogs', 'lyingInclusions']

/** In some of the runs in which endpoints lie, they lie just when it hurts: they are in league with the cheater. */
export function liesUponCheats(
  schedule: HardshipSchedule,
  { time, dice, trace, scale }: { time: Scheduler; dice: Dice; trace: Trace; scale: number },
): () => void {
  const isInLeague = dice.chance(0.5)
  return () => {
    if (!isInLeague || !dice.chance(0.2)) return
    const fromMs = time.now
    const spell = { fromMs, untilMs: fromMs + scale * dice.int(5_000, 60_000) }
    if (schedule.begin(dice.pick(told), spell)) trace.meet('fault: lie upon a cheat')
  }
}
