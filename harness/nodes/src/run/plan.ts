import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { EndpointPlan, PlannedFault } from '../endpoint/endpoint.ts'
import type { Spell } from '../faults/fault.ts'
import { type FaultKind, faultKinds, faultRules, honestKinds, otherKinds } from '../faults/kinds.ts'
import { type Tempo, type TempoName, tempoNames, tempos } from './tempo.ts'
import type { Theme } from './themes.ts'

/** Everything that is decided before a run begins. */
export interface Plan {
  readonly theme: Theme
  readonly tempo: Tempo
  readonly finalityDepth: number
  readonly durationSeconds: bigint
  readonly channels: number
  readonly endpoints: readonly EndpointPlan[]
  /** In which nobody pays a usual price. */
  readonly spikes: readonly Spell[]
  /** When how many blocks are taken back. */
  readonly reorgs: readonly Reorg[]
  readonly crashes: readonly Crash[]
  /** In which nothing can be written. */
  readonly fullDisk: readonly Spell[]
  /** In which the network forgets what waits. */
  readonly drops: readonly Spell[]
  /** When states are signed and old ones are registered. */
  readonly activeMs: number
  readonly endMs: number
}

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

const isEndpointTheme = (theme: Theme): theme is FaultKind => faultKinds.some((kind) => kind === theme)

function drawTempo(dice: Dice, theme: Theme): Tempo {
  // What the fast ones are there for shows on them only.
  if (theme === 'longNight') return tempos.ethereum
  return tempos[dice.chance(0.5) ? 'ethereum' : dice.pick(tempoNames)]
}

/** Spells that leave the second half of every window alone would hide what they do: they may come at any time. */
function spells(dice: Dice, most: number, withinMs: number, longestMs: number): readonly Spell[] {
  return Array.from({ length: dice.int(1, most) }, () => {
    const fromMs = dice.int(Math.floor(withinMs / 10), withinMs)
    return { fromMs, untilMs: fromMs + dice.int(Math.ceil(longestMs / 4), longestMs) }
  })
}

export function drawPlan(dice: Dice, theme: Theme, options: PlanOptions): Plan {
  const tempo = options.tempo === undefined ? drawTempo(dice.fork('tempo'), theme) : tempos[options.tempo]
  const isPure = options.isPure ?? dice.fork('pure').chance(0.5)
  const own = dice.fork('plan')
  const durationSeconds = theme === 'shortWindow' ? own.pick([24n, 36n]) : own.pick(tempo.durations)
  const windowMs = Number(durationSeconds) * 1_000
  const activeMs = Math.max(3 * windowMs, 30 * tempo.blockMs)
  const endMs = activeMs + 2 * windowMs + 20 * tempo.blockMs
  const maybe = (chance: number): boolean => !isPure && own.chance(chance)
  const some = (name: Theme, chance: number, longestMs: number): readonly Spell[] =>
    theme === name || maybe(chance) ? spells(dice.fork(name), 3, activeMs, longestMs) : []
  return {
    theme,
    tempo,
    durationSeconds,
    activeMs,
    endMs: theme === 'longNight' ? endMs + 6 * 3_600_000 : endMs,
    finalityDepth: own.pick(tempo.finalityDepths),
    channels: theme === 'pendingLimit' ? own.int(20, 40) : own.int(1, 4),
    endpoints: drawEndpoints(dice.fork('endpoints'), { theme, tempo, isPure, activeMs, endMs, windowMs }),
    spikes: some('feeSpikes', 0.2, windowMs / 2),
    reorgs: drawReorgs(dice.fork('reorgs'), theme, activeMs, maybe(0.3)),
    crashes: drawCrashes(dice.fork('crashes'), theme, activeMs, windowMs, maybe(0.2)),
    fullDisk: some('fullDisk', 0.05, windowMs),
    drops: some('droppedTransactions', 0.1, windowMs / 3),
  }
}

function drawReorgs(dice: Dice, theme: Theme, activeMs: number, isDrawn: boolean): readonly Reorg[] {
  const atMs = (): number => dice.int(Math.floor(activeMs / 8), activeMs)
  if (theme === 'deepReorg') return [{ atMs: atMs(), depth: dice.int(10, 200), keeps: dice.chance(0.3) }]
  // Below everything: what a node shows that was reset behind its URL.
  if (theme === 'nonceReset') return [{ atMs: atMs(), depth: 1_000_000, keeps: false }]
  if (theme !== 'reorgs' && !isDrawn) return []
  return Array.from({ length: dice.int(1, 6) }, () => ({ atMs: atMs(), depth: dice.int(1, 3), keeps: dice.chance(0.7) }))
}

function drawCrashes(
  dice: Dice,
  theme: Theme,
  activeMs: number,
  windowMs: number,
  isDrawn: boolean,
): readonly Crash[] {
  if (theme !== 'crashes' && !isDrawn) return []
  return Array.from({ length: dice.int(1, 3) }, () => ({
    atMs: dice.int(Math.floor(activeMs / 6), activeMs),
    downMs: dice.int(1_000, Math.floor(windowMs / 3)),
  }))
}

interface EndpointsOptions {
  readonly theme: Theme
  readonly tempo: Tempo
  readonly isPure: boolean
  readonly activeMs: number
  readonly endMs: number
  readonly windowMs: number
}

/**
 * One endpoint is honest for the whole run. Where the theme is something that an honest one may do, the only endpoint does it,
 * or all do; otherwise another does it, for a while or from some moment on, and it may be the first in the configuration.
 */
function drawEndpoints(dice: Dice, options: EndpointsOptions): readonly EndpointPlan[] {
  const { theme, tempo, isPure, activeMs, windowMs } = options
  const isFault = isEndpointTheme(theme)
  const needsOther = isFault && !faultRules[theme].isHonest
  const count = needsOther ? dice.int(2, 3) : dice.pick([1, 1, 2, 3])
  const honest = dice.int(0, count - 1)
  const afflicted = needsOther ? dice.pick(Array.from({ length: count }, (_, at) => at).filter((at) => at !== honest)) : 0

  function faultsOf(index: number): readonly PlannedFault[] {
    const own = dice.fork(`faults ${index}`)
    const found: PlannedFault[] = []
    const always = (kind: FaultKind): PlannedFault => ({ kind, spell: undefined })
    if (isFault && !needsOther) found.push(always(theme))
    if (isFault && needsOther && index === afflicted) {
      const fromMs = own.int(0, activeMs)
      found.push(own.chance(0.5) ? always(theme) : { kind: theme, spell: { fromMs, untilMs: fromMs + 2 * windowMs } })
    }
    if (theme === 'outage' || theme === 'longNight') found.push(...outage(dice.fork('outage'), options))
    if (isPure) return found
    if (own.chance(0.4)) found.push(always(own.pick(honestKinds)))
    if (index !== honest && own.chance(0.5)) {
      for (const spell of spells(own, 2, activeMs, windowMs)) found.push({ kind: own.pick(otherKinds), spell })
    }
    return found
  }

  return Array.from({ length: count }, (_, index) => ({
    name: `node ${index + 1}`,
    faults: faultsOf(index),
    roundTripMs: dice.pick(tempo.roundTrips),
    lagMs: dice.int(0, Math.min(500, Math.floor(tempo.blockMs / 4))),
    announces: dice.chance(0.3),
  }))
}

/** The same for all endpoints: nothing answers, in one way or another. */
function outage(dice: Dice, { theme, activeMs, windowMs }: EndpointsOptions): readonly PlannedFault[] {
  const kind = dice.pick(['down', 'halfOpen', 'rateLimited', 'internalError'] as const)
  const fromMs = dice.int(Math.floor(activeMs / 8), Math.floor(activeMs / 2))
  const lengthMs = theme === 'longNight' ? 6 * 3_600_000 : dice.int(Math.floor(windowMs / 8), Math.floor(windowMs / 3))
  return [{ kind, spell: { fromMs, untilMs: fromMs + lengthMs } }]
}
