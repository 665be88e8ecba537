import type { Dice } from './random.ts'

/** What can go wrong around the watcher, each for a while. */
export const hardships = [
  'rpcDown',
  'rpcSlow',
  'staleHeads',
  'fullBlocks',
  'reorgs',
  'storeFails',
  'storeSlow',
  'unfunded',
  'networkCut',
] as const

export type Hardship = (typeof hardships)[number]

interface Spell {
  readonly hardship: Hardship
  readonly fromMs: number
  readonly untilMs: number
}

/** When which hardship holds, fixed before the run begins. */
export interface Weather {
  is(hardship: Hardship, atMs: number): boolean
  /** Whether nothing goes wrong from `fromMs` to `untilMs`. */
  isCalm(fromMs: number, untilMs: number): boolean
}

export function weather(chance: Dice, lengthMs: number): Weather {
  const isFair = chance.chance(0.15)
  const spells: Spell[] = []
  for (const hardship of isFair ? [] : hardships) {
    const count = chance.int(0, 3)
    for (let spell = 0; spell < count; spell++) {
      const fromMs = chance.int(0, lengthMs)
      spells.push({ hardship, fromMs, untilMs: fromMs + chance.int(5_000, 180_000) })
    }
  }
  return {
    is: (hardship, atMs) =>
      spells.some((spell) => spell.hardship === hardship && spell.fromMs <= atMs && atMs < spell.untilMs),
    isCalm: (fromMs, untilMs) => spells.every((spell) => spell.untilMs <= fromMs || untilMs <= spell.fromMs),
  }
}
