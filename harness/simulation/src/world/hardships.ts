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
  // Lies: what the watcher is told is wrong.
  'lateLogs',
  'lyingHeads',
  'lyingInclusions',
  'deepReorgs',
  'recoveryRefused',
  'wrongClock',
  // Only where a scenario wants it: the disk does not take what waits for clients.
  'mailboxesFail',
] as const

const onlyWanted: readonly Hardship[] = ['mailboxesFail']

export type Hardship = (typeof hardships)[number]

const lies: readonly Hardship[] = [
  'lateLogs',
  'lyingHeads',
  'lyingInclusions',
  'deepReorgs',
  'recoveryRefused',
  'wrongClock',
]
/** No answer is kept from being given by them. What logs that are late or left out hide is accounted for log by log. */
export const harmless: readonly Hardship[] = [
  'gaps',
  'hiddenLogs',
  'lateLogs',
  'recoveryRefused',
  'networkCut',
  'wrongClock',
  'mailboxesFail',
]

export interface Spell {
  readonly fromMs: number
  readonly untilMs: number
}

/** When which hardship holds: most of it is fixed before the run begins. */
export interface HardshipSchedule {
  /** One more spell, from now on. @returns whether the run has such hardships at all. */
  begin(hardship: Hardship, spell: Spell): boolean
  /** The same whatever the run is like. */
  impose(hardship: Hardship | 'strangersWait', spell: Spell): void
  /** When transactions of channels that are of no family stop waiting in vain; `undefined`: they do not. */
  strangersWaitUntil(atMs: number): number | undefined
  is(hardship: Hardship, atMs: number): boolean
  /** When calls to the ledger about this family stop hanging; `undefined`: they do not hang. */
  hangsUntil(family: number, atMs: number): number | undefined
  /** Whether nothing goes wrong at all. */
  readonly isFair: boolean
  /** When something goes wrong for this family. */
  spellsOf(family: number): readonly Spell[]
  /** When one hardship holds. */
  spellsOfOne(hardship: Hardship): readonly Spell[]
  /** When one hardship ends that holds at an instant; `undefined`: it does not hold. */
  endOf(hardship: Hardship, atMs: number): number | undefined
}

export interface HardshipScheduleOptions {
  readonly lengthMs: number
  readonly families: number
  /** How long spells are; 1 as usual. */
  readonly scale?: number
  /** Kept out of the run, for narrowing down a failure. */
  readonly without?: readonly (Hardship | 'hangs')[] | undefined
}

const covers = ({ fromMs, untilMs }: Spell, atMs: number): boolean => fromMs <= atMs && atMs < untilMs

export function hardshipSchedule(
  dice: Dice,
  { lengthMs, families, scale = 1, without = [] }: HardshipScheduleOptions,
): HardshipSchedule {
  const isFair = dice.chance(0.15)
  const isTruthful = dice.fork('truth').chance(0.65)

  function spells(own: Dice, most: number, longestMs: number): readonly Spell[] {
    return Array.from({ length: own.int(0, most) }, () => {
      const fromMs = own.int(0, lengthMs)
      return { fromMs, untilMs: fromMs + scale * own.int(5_000, longestMs) }
    })
  }

  const isAbsent = (hardship: Hardship): boolean =>
    isFair || without.includes(hardship) || (isTruthful && lies.includes(hardship)) || onlyWanted.includes(hardship)

  const common = new Map<Hardship, readonly Spell[]>()
  for (const hardship of hardships) {
    const longestMs = hardship === 'recoveryRefused' ? 3_600_000 : 180_000
    const found = spells(dice.fork(hardship), lies.includes(hardship) ? 2 : 3, longestMs)
    common.set(hardship, isAbsent(hardship) ? [] : found)
  }
  // At most one family at a time hangs, so that what it does to the others shows.
  const hanging = dice.fork('hangs').int(0, families * 2)
  const hangs = without.includes('hangs') ? [] : spells(dice.fork('hang spells'), 2, 900_000)

  // It is nobody else's hardship.
  const waits = dice.fork('strangers')
  let strangersWait = waits.chance(0.5) && !without.includes('hangs') ? spells(waits, 3, 1_800_000) : []

  const hangsOf = (family: number): readonly Spell[] => (family === hanging ? hangs : [])

  function add(hardship: Hardship, spell: Spell): void {
    common.set(hardship, [...(common.get(hardship) ?? []), spell])
  }

  return {
    isFair,
    begin(hardship, spell) {
      if (isAbsent(hardship)) return false
      add(hardship, spell)
      return true
    },
    impose(hardship, spell) {
      if (hardship === 'strangersWait') strangersWait = [...strangersWait, spell]
      else add(hardship, spell)
    },
    strangersWaitUntil: (atMs) => strangersWait.find((spell) => covers(spell, atMs))?.untilMs,
    is: (hardship, atMs) => common.get(hardship)?.some((spell) => covers(spell, atMs)) ?? false,
    hangsUntil: (family, atMs) => hangsOf(family).find((spell) => covers(spell, atMs))?.untilMs,
    spellsOf: (family) =>
      [
        ...hardships.filter((each) => !harmless.includes(each)).map((each) => common.get(each) ?? []),
        hangsOf(family),
      ].flat(),
    spellsOfOne: (hardship) => common.get(hardship) ?? [],
    endOf(hardship, atMs) {
      let endMs: number | undefined
      // One spell may go over into the next.
      for (;;) {
        const lookedAtMs = endMs ?? atMs
        const spell = common.get(hardship)?.find((each) => covers(each, lookedAtMs))
        if (spell === undefined) return endMs
        endMs = spell.untilMs
      }
    },
  }
}
