import type { Dice } from '@perun-watcher/harness-kit/dice'

/** What can go wrong around the watcher, each for a while. */
export const hardships = [
  'rpcDown',
  'rpcSlow',
  'staleHeads',
  'gaps',
  'hiddenLogs',
  'fullBlocks',
  'feeSpikes',
  'reorgs',
  'storeFails',
  'storeSlow',
  'unfunded',
  'networkCut',
] as const

export type Hardship = (typeof hardships)[number]

export interface Spell {
  readonly fromMs: number
  readonly untilMs: number
}

/** When which hardship holds, fixed before the run begins. */
export interface HardshipSchedule {
  is(hardship: Hardship, atMs: number): boolean
  /** When calls to the ledger about this family stop hanging; `undefined`: they do not hang. */
  hangsUntil(family: number, atMs: number): number | undefined
  /** When something goes wrong for this family. */
  spellsOf(family: number): readonly Spell[]
}

export interface HardshipScheduleOptions {
  readonly lengthMs: number
  readonly families: number
  /** Kept out of the run, for narrowing down a failure. */
  readonly without?: readonly (Hardship | 'hangs')[] | undefined
}

const covers = ({ fromMs, untilMs }: Spell, atMs: number): boolean => fromMs <= atMs && atMs < untilMs

export function hardshipSchedule(
  dice: Dice,
  { lengthMs, families, without = [] }: HardshipScheduleOptions,
): HardshipSchedule {
  const isFair = dice.chance(0.15)

  function spells(own: Dice, most: number, longestMs: number): readonly Spell[] {
    return Array.from({ length: own.int(0, most) }, () => {
      const fromMs = own.int(0, lengthMs)
      return { fromMs, untilMs: fromMs + own.int(5_000, longestMs) }
    })
  }

  const common = new Map<Hardship, readonly Spell[]>()
  for (const hardship of hardships) {
    const found = spells(dice.fork(hardship), 3, 180_000)
    common.set(hardship, isFair || without.includes(hardship) ? [] : found)
  }
  // At most one family at a time hangs, so that what it does to the others shows.
  const hanging = dice.fork('hangs').int(0, families * 2)
  const hangs = without.includes('hangs') ? [] : spells(dice.fork('hang spells'), 2, 900_000)

  const hangsOf = (family: number): readonly Spell[] => (family === hanging ? hangs : [])

  return {
    is: (hardship, atMs) => common.get(hardship)?.some((spell) => covers(spell, atMs)) ?? false,
    hangsUntil: (family, atMs) => hangsOf(family).find((spell) => covers(spell, atMs))?.untilMs,
    spellsOf: (family) => [...common.values(), hangsOf(family)].flat(),
  }
}
