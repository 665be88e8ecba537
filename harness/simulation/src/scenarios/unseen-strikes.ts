import type { Hardship } from '../world/hardships.ts'
import type { Scenario, Stage } from './scenario.ts'

const day = 86_400n

/** An old state is registered just when the endpoint leaves something out or lies, and nothing else ever happens. */
async function strikeUnder(hardship: Hardship, stage: Stage): Promise<void> {
  const { family, hand, dice } = stage
  await stage.give(family.root, family.root.update({}), family.root.update({}))
  await stage.pass(dice.int(30_000, 180_000))
  // The block that brings it, and the next reading of the stream.
  stage.impose(hardship, dice.int(20_000, 45_000))
  const old = hand.register(dice.pick(family.root.states.slice(0, -1)), hand.someState)
  hand.submit('cheat: registers an old tree', old)
}

export const unseenStrikes: readonly Scenario[] = [
  {
    name: 'scenario: a strike that no log tells',
    cast: { shape: 'single', apps: 'none' },
    durations: [1_200n],
    play: (stage) => strikeUnder('hiddenLogs', stage),
  },
  {
    name: 'scenario: a strike in a gap',
    cast: { shape: 'single', apps: 'none' },
    durations: [1_200n, day],
    play: (stage) => strikeUnder('gaps', stage),
  },
  {
    name: 'scenario: a strike under wrong times',
    cast: { shape: 'single', apps: 'none' },
    durations: [300n, 1_200n],
    play: (stage) => strikeUnder('lyingHeads', stage),
  },
]
