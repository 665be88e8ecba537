import { type Amounts, added, nothing } from './assets.ts'
import type { Act, Cheated, DemoEvent, Refused } from './demo-event.ts'

/** What the summary needs of everything that happened. */
export interface Course {
  readonly act: Act | undefined
  readonly refusals: readonly Refused[]
  /** What the cheats would have brought. */
  readonly atStake: Amounts
  follow(event: DemoEvent): void
}

export function course(): Course {
  let act: Act | undefined
  const refusals: Refused[] = []
  const cheats: Cheated[] = []
  return {
    get act() {
      return act
    },
    refusals,
    get atStake() {
      return cheats.reduce((sum, { gain }) => added(sum, gain), nothing)
    },
    follow(event) {
      if (event.type === 'act') act = event.act
      if (event.type === 'refused') refusals.push(event)
      if (event.type === 'cheated') cheats.push(event)
    },
  }
}
