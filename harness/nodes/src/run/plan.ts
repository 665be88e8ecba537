import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { EndpointPlan } from '../endpoint/endpoint.ts'
import type { Spell } from '../faults/fault.ts'
import { drawEndpoints, drawSpells, nightMs } from './draw-endpoints.ts'
import { type Tempo, type TempoName, tempoNames, tempos } from './tempo.ts'
import { isCapacityTheme, isHistoryTheme, type Theme } from './themes.ts'

/** Everything that is decided before a run begins. */
export interface Plan {
  readonly theme: Theme
  readonly isPure: boolean
  readonly tempo: Tempo
  readonly finalityDepth: number
  readonly durationSeconds: bigint
  readonly channels: number
  /** Channels of a client that means harm to the others. */
  readonly floods: number
  readonly endpoints: readonly EndpointPlan[]
  /** From when on, and until when, old states are registered. */
  readonly cheating: Spell
  /** When strangers register channels of their own, several at once. */
  readonly strangers: readonly number[]
  /** In which nobody pays a usual price. */
  readonly spikes: readonly Spell[]
  readonly reorgs: readonly Reorg[]
  readonly crashes: readonly Crash[]
  /** In which nothing can be written. */
  readonly fullDisk: readonly Spell[]
  /** In which the network forgets what waits. */
  readonly drops: readonly Spell[]
  /** How many accounts pay for answers. */
  readonly accounts: number
  /** How many transactions of one account may wait. */
  readonly places: number
  /** Those of them that have nothing for a while. */
  readonly empty: EmptyAccounts
  readonly endMs: number
}

export interface EmptyAccounts {
  /** The first so many. */
  readonly count: number
  /** When they lose what they have: an account that is empty from the start is given no channel to guard. */
  readonly fromMs: number
  /** When they get it again. */
  readonly untilMs: number
}

/** When how many blocks are taken back. */
export interface Reorg {
  readonly atMs: number
  readonly depth: number
  /** Whether what was taken out waits again. */
  readonly keeps: boolean
}

export interface Crash {
  readonly atMs: number
  readonly downMs: number
}

/** What makes a run smaller or other than its seed would. */
export interface PlanOptions {
  readonly theme?: Theme | undefined
  readonly tempo?: TempoName | undefined
  /** Nothing besides the theme goes wrong. */
  readonly isPure?: boolean | undefined
}

function drawTempo(dice: Dice, theme: Theme): Tempo {
  const isCrowded = theme === 'manyAtOnce' || theme === 'flood' || isCapacityTheme(theme)
  if (theme === 'longNight' || isCrowded) return tempos.ethereum
  if (theme === 'fastCatchUp' || theme === 'shortWindow') return tempos.fast
  // As many blocks as make a range.
  if (isHistoryTheme(theme)) return tempos[dice.pick(['rollup', 'fast'] as const)]
  return tempos[dice.chance(0.5) ? 'ethereum' : dice.pick(tempoNames)]
}

export function drawPlan(dice: Dice, theme: Theme, options: PlanOptions): Plan {
  const tempo = options.tempo === undefined ? drawTempo(dice.fork('tempo'), theme) : tempos[options.tempo]
  // What is told of the capacity is told of a chain on which nothing else goes wrong.
  const isPure = theme === 'calm' || isCapacityTheme(theme) || (options.isPure ?? dice.fork('pure').chance(0.5))
  const own = dice.fork('plan')
  const durationSeconds = drawDuration(own, theme, tempo)
  const windowMs = Number(durationSeconds) * 1_000
  const startMs = 60_000 + 8 * tempo.blockMs
  const crashes = drawCrashes(dice.fork('crashes'), theme, {
    fromMs: startMs,
    windowMs,
    isDrawn: !isPure && own.chance(0.2),
  })
  const cheating = drawCheating(theme, { startMs, windowMs, crashes })
  const some = (name: Theme, chance: number, longestMs: number): readonly Spell[] =>
    theme === name || (!isPure && own.chance(chance)) ? drawSpells(dice.fork(name), 3, cheating, longestMs) : []
  const accounts = drawAccounts(dice.fork('accounts'), theme, isPure)
  const nightsMs = theme === 'longNight' ? nightMs : 0
  const endMs = cheating.untilMs + 2 * windowMs + 20 * tempo.blockMs + nightsMs
  return {
    theme,
    isPure,
    tempo,
    durationSeconds,
    cheating,
    endMs,
    accounts,
    places: isCapacityTheme(theme) ? 2 / accounts : 16,
    empty:
      theme === 'emptyAccount'
        ? drawEmpty(dice.fork('empty'), accounts, cheating)
        : { count: 0, fromMs: 0, untilMs: 0 },
    finalityDepth: own.pick(tempo.finalityDepths),
    channels: drawChannels(own, theme, { durationSeconds, tempo }),
    floods: theme === 'flood' ? 40 : 0,
    endpoints: drawEndpoints(dice.fork('endpoints'), { theme, tempo, isPure, cheating, endMs, windowMs }),
    strangers: drawStrangers(dice.fork('strangers'), theme, cheating),
    spikes:
      theme === 'nodeFeeCap' || theme === 'marketAboveCap'
        ? drawSpells(dice.fork('spikes'), 2, cheating, windowMs)
        : some('feeSpikes', 0.2, windowMs),
    reorgs: drawReorgs(dice.fork('reorgs'), theme, cheating, !isPure && own.chance(0.3)),
    crashes,
    fullDisk: theme === 'fullDisk' ? [{ fromMs: cheating.fromMs - 5_000, untilMs: cheating.untilMs + windowMs }] : [],
    drops: some('droppedTransactions', 0.1, windowMs / 3),
  }
}

function drawDuration(dice: Dice, theme: Theme, { durations }: Tempo): bigint {
  if (theme === 'shortWindow') return dice.pick([36n, 48n])
  // Twice as long a window would only take twice as many channels.
  return isCapacityTheme(theme) ? 300n : dice.pick(durations)
}

function drawChannels(
  dice: Dice,
  theme: Theme,
  { durationSeconds, tempo }: Pick<Plan, 'durationSeconds' | 'tempo'>,
): number {
  if (theme === 'manyAtOnce') return dice.int(20, 40)
  if (!isCapacityTheme(theme)) return dice.int(1, 4)
  // Two places, and the blocks of a window but three.
  const most = 2 * (Math.floor((Number(durationSeconds) * 1_000) / tempo.blockMs) - 3)
  return theme === 'fullCapacity' ? most : most + dice.int(4, 20)
}

function drawAccounts(dice: Dice, theme: Theme, isPure: boolean): number {
  if (theme === 'emptyAccount' || isCapacityTheme(theme)) return dice.pick([1, 2])
  return isPure ? 1 : dice.pick([1, 1, 2, 3])
}

/** All of them for a while; or one for ever, while another can pay. */
function drawEmpty(dice: Dice, accounts: number, { fromMs, untilMs }: Spell): EmptyAccounts {
  const emptiedMs = Math.floor(fromMs * 0.9)
  return accounts > 1 && dice.chance(0.5)
    ? { count: 1, fromMs: emptiedMs, untilMs: Number.POSITIVE_INFINITY }
    : { count: accounts, fromMs: emptiedMs, untilMs: dice.int(fromMs, untilMs) }
}

interface CheatingOptions {
  readonly startMs: number
  readonly windowMs: number
  readonly crashes: readonly Crash[]
}

/** Where much history is to be read, it is cheated while nobody reads. */
function drawCheating(theme: Theme, { startMs, windowMs, crashes }: CheatingOptions): Spell {
  const [crash] = crashes
  if (isHistoryTheme(theme) && crash !== undefined) {
    return { fromMs: crash.atMs + 2_000, untilMs: crash.atMs + Math.floor(crash.downMs / 4) }
  }
  // All in one block.
  if (isCapacityTheme(theme)) return { fromMs: startMs + 40_000, untilMs: startMs + 41_000 }
  if (theme === 'manyAtOnce' || theme === 'flood') return { fromMs: startMs + 40_000, untilMs: startMs + 45_000 }
  return { fromMs: startMs, untilMs: startMs + 2 * windowMs }
}

function drawStrangers(dice: Dice, theme: Theme, { fromMs, untilMs }: Spell): readonly number[] {
  const count = isHistoryTheme(theme) ? 12 : dice.pick([0, 0, 3])
  return Array.from({ length: count }, () => dice.int(Math.floor(fromMs / 2), untilMs))
}

function drawReorgs(dice: Dice, theme: Theme, { fromMs, untilMs }: Spell, isDrawn: boolean): readonly Reorg[] {
  const atMs = (): number => dice.int(fromMs, untilMs)
  if (theme === 'deepReorg') return [{ atMs: atMs(), depth: dice.int(10, 200), keeps: dice.chance(0.3) }]
  // Below everything: what a node shows that was reset behind its URL.
  if (theme === 'nonceReset') return [{ atMs: atMs(), depth: 1_000_000, keeps: false }]
  if (theme !== 'reorgs' && !isDrawn) return []
  return Array.from({ length: dice.int(1, 6) }, () => ({
    atMs: atMs(),
    depth: dice.int(1, 3),
    keeps: dice.chance(0.7),
  }))
}

interface CrashesOptions {
  readonly fromMs: number
  readonly windowMs: number
  readonly isDrawn: boolean
}

function drawCrashes(dice: Dice, theme: Theme, { fromMs, windowMs, isDrawn }: CrashesOptions): readonly Crash[] {
  if (isHistoryTheme(theme)) return [{ atMs: fromMs + dice.int(0, windowMs), downMs: Math.floor(windowMs / 3) }]
  if (theme !== 'crashes' && !isDrawn) return []
  return Array.from({ length: dice.int(1, 3) }, () => ({
    atMs: fromMs + dice.int(0, 2 * windowMs),
    downMs: dice.int(1_000, Math.floor(windowMs / 3)),
  }))
}
