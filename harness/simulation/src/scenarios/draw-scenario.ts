import type { Dice } from '@perun-watcher/harness-kit/dice'
import { barredChannels } from './barred-channels.ts'
import { busyStranger } from './busy-stranger.ts'
import { playedAway } from './played-away.ts'
import type { Scenario } from './scenario.ts'
import { unseenStrikes } from './unseen-strikes.ts'
import { whileDown } from './while-down.ts'

export const scenarios: readonly Scenario[] = [
  ...unseenStrikes,
  ...whileDown,
  ...barredChannels,
  playedAway,
  busyStranger,
]

export interface DrawnScenario {
  readonly scenario: Scenario
  /** Nothing goes wrong but what the scenario wants. */
  readonly isCalm: boolean
}

/** Some of the seeds are no lives as usual. They take a third of the time. @returns `undefined`: this one is. */
export function drawScenario(dice: Dice): DrawnScenario | undefined {
  if (!dice.chance(0.2)) return undefined
  return { scenario: dice.pick(scenarios), isCalm: dice.chance(0.75) }
}
