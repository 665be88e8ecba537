import type { Dice } from '@perun-watcher/harness-kit/dice'
import { drawScenario } from '../scenarios/draw-scenario.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { drawTempo, type Tempo } from '../world/tempo.ts'
import { type Omission, omissions, type RunOptions } from './options.ts'

/** What kind of run it is. */
export interface DrawnRun {
  /** `undefined`: lives by chance. */
  readonly scenario: Scenario | undefined
  readonly tempo: Tempo
  /** Challenge durations in seconds. */
  readonly durations: readonly bigint[]
  readonly families: number
  /** In which states are published and cheats are played. */
  readonly minutes: number
  readonly without: readonly Omission[]
}

export function drawRun(chances: Dice, options: RunOptions): DrawnRun {
  const { without = [] } = options
  const drawn = drawScenario(chances.fork('scenario'))
  const dice = chances.fork('tempo')
  if (drawn === undefined) {
    const tempo = drawTempo(dice, options.tempo)
    const families = chances.fork('families').int(1, options.families ?? 3)
    const { minutes = 30 } = options
    return { scenario: undefined, tempo, durations: tempo.durations, families, minutes, without }
  }
  const { scenario, isCalm } = drawn
  return {
    scenario,
    tempo: drawTempo(dice, 'usual'),
    durations: scenario.durations,
    families: 1,
    minutes: options.minutes ?? 15,
    without: isCalm ? omissions : without,
  }
}
