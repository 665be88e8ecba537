import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Scheduler } from '../../world/scheduler.ts'
import type { Trace } from '../../world/trace.ts'
import type { Hardship } from '../../world/weather.ts'

export interface NetworkDeps {
  readonly time: Scheduler
  readonly chance: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
}

/** Brings a message to the watcher: a while later, never, or twice; later ones may overtake it. */
export type Network = (message: () => void) => void

export function network({ time, chance, trace, is }: NetworkDeps): Network {
  return (message) => {
    if (is('networkCut') && chance.chance(0.5)) {
      trace.meet('fault: message lost')
      return
    }
    time.after(chance.int(1, 2_000), message)
    if (chance.chance(0.1)) {
      trace.meet('fault: message doubled')
      time.after(chance.int(1, 4_000), message)
    }
  }
}
