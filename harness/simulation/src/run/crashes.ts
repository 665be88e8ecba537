import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { WatcherHost } from '../parties/watcher-host.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Omission } from './options.ts'

const minute = 60_000

/** At any moment. */
export function crashSometimes(host: WatcherHost, time: Scheduler, dice: Dice, activeMs: number): void {
  for (let count = dice.int(0, 4); count > 0; count--) {
    const downMs = dice.int(100, 2 * minute)
    time.after(dice.int(0, activeMs), () => host.crash(downMs))
  }
}

/** In some runs the process tends to die while it works on a dispute. */
export function crashesUponCheats(
  host: WatcherHost,
  time: Scheduler,
  dice: Dice,
  without: readonly Omission[],
): () => void {
  const isFrail = dice.chance(0.3) && !without.includes('crashes')
  return () => {
    if (!isFrail || !dice.chance(0.3)) return
    const downMs = dice.int(100, minute)
    time.after(dice.int(1_000, minute), () => host.crash(downMs))
  }
}
