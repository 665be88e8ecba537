import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship } from '../../world/hardships.ts'
import type { Scheduler } from '../../world/scheduler.ts'
import type { Trace } from '../../world/trace.ts'

export interface NetworkDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
}

/** Brings a message to the watcher: a while later, never, or twice; later ones may overtake it. */
export type Network = (message: () => void) => void

export function network({ time, dice, trace, is }: NetworkDeps): Network {
  return (message) => {
    if (is('networkCut') && dice.chance(0.5)) {
      trace.meet('fault: message lost')
      return
    }
    time.after(dice.int(1, 2_000), message)
    if (dice.chance(0.1)) {
      trace.meet('fault: message doubled')
      time.after(dice.int(1, 4_000), message)
    }
  }
}
