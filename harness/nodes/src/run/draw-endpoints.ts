import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { EndpointPlan, PlannedFault } from '../endpoint/endpoint.ts'
import type { Spell } from '../faults/fault.ts'
import { type FaultKind, faultRules, honestKinds, otherKinds } from '../faults/kinds.ts'
import type { Tempo } from './tempo.ts'
import { isEndpointTheme, type Theme } from './themes.ts'

export interface EndpointsOptions {
  readonly theme: Theme
  readonly tempo: Tempo
  readonly isPure: boolean
  /** From when on, and until when, old states are registered. */
  readonly cheating: Spell
  readonly endMs: number
  readonly windowMs: number
}

const always = (kind: FaultKind): PlannedFault => ({ kind, spell: undefined })

/** Some stretches of time that begin while old states are registered, or shortly before. */
export function drawSpells(dice: Dice, most: number, { fromMs, untilMs }: Spell, longestMs: number): readonly Spell[] {
  return Array.from({ length: dice.int(1, most) }, () => {
    const startMs = dice.int(Math.floor(fromMs * 0.9), untilMs)
    return { fromMs: startMs, untilMs: startMs + dice.int(Math.ceil(longestMs / 4), longestMs) }
  })
}

/**
 * One endpoint is honest for the whole run. Where the theme is something that an honest one may do, all do it; otherwise
 * another does it, for a while or from some moment on, and mostly it is the first in the configuration.
 */
export function drawEndpoints(dice: Dice, options: EndpointsOptions): readonly EndpointPlan[] {
  const { theme, tempo } = options
  const isDishonest = theme === 'hiccup' || (isEndpointTheme(theme) && !faultRules[theme].isHonest)
  const count = isDishonest ? dice.int(2, 3) : dice.pick([1, 1, 2, 3])
  // In a hiccup it is the first that is away for a moment.
  const isLast = theme === 'hiccup' || (isDishonest && dice.chance(0.25))
  const afflicted = isLast ? count - 1 : 0
  const honest = afflicted === 0 ? count - 1 : 0
  return Array.from({ length: count }, (_, index) => ({
    name: `node ${index + 1}`,
    faults: faultsOf(dice.fork(`faults ${index}`), index === honest, index === afflicted, options),
    roundTripMs: dice.pick(theme === 'fastCatchUp' ? [120, 250] : tempo.roundTrips),
    lagMs: dice.int(0, Math.min(500, Math.floor(tempo.blockMs / 4))),
    announces: dice.chance(0.5),
    takesCode: dice.pick(['overrides', 'overrides', 'creation', 'nothing'] as const),
  }))
}

function faultsOf(
  dice: Dice,
  isHonest: boolean,
  isAfflicted: boolean,
  options: EndpointsOptions,
): readonly PlannedFault[] {
  const { isPure, cheating, windowMs } = options
  const found = [...themeFaults(dice.fork('theme'), isHonest, isAfflicted, options)]
  if (isPure) return found
  if (dice.chance(0.4)) found.push(always(dice.pick(honestKinds)))
  if (!isHonest && dice.chance(0.5)) {
    for (const spell of drawSpells(dice, 2, cheating, windowMs)) found.push({ kind: dice.pick(otherKinds), spell })
  }
  return found
}

function themeFaults(
  dice: Dice,
  isHonest: boolean,
  isAfflicted: boolean,
  options: EndpointsOptions,
): readonly PlannedFault[] {
  const { theme, cheating, windowMs, tempo } = options
  if (theme === 'outage' || theme === 'longNight') return outage(dice, options)
  if (theme === 'hiccup') {
    // The honest one is away for a moment, and meanwhile the other, that is of no use later, takes its place.
    const fromMs = dice.int(Math.floor(cheating.fromMs * 0.6), Math.floor(cheating.fromMs * 0.8))
    const away = { fromMs, untilMs: fromMs + tempo.requestTimeoutMs + 3 * tempo.blockMs }
    if (isHonest) return [{ kind: dice.pick(['down', 'rateLimited', 'halfOpen'] as const), spell: away }]
    const kind = dice.pick(['stuckHead', 'staleHead', 'swallowedSends', 'methodMissing', 'nullLatest'] as const)
    return isAfflicted ? [{ kind, spell: { fromMs: away.untilMs, untilMs: Number.POSITIVE_INFINITY } }] : []
  }
  if (!isEndpointTheme(theme)) return []
  if (faultRules[theme].isHonest) return [always(theme)]
  if (!isAfflicted) return []
  const fromMs = dice.int(Math.floor(cheating.fromMs / 2), dice.pick([cheating.fromMs, cheating.untilMs]))
  return [dice.chance(0.4) ? always(theme) : { kind: theme, spell: { fromMs, untilMs: cheating.untilMs + windowMs } }]
}

/** The same for all endpoints: nothing answers, each in its own way. */
function outage(dice: Dice, { theme, cheating, windowMs }: EndpointsOptions): readonly PlannedFault[] {
  const kind = dice.pick(['down', 'halfOpen', 'rateLimited', 'internalError', 'quotaUsedUp'] as const)
  // At the same time everywhere.
  const fromMs = Math.floor(cheating.fromMs * (theme === 'longNight' ? 0.9 : 1.1))
  const untilMs = fromMs + (theme === 'longNight' ? nightMs : Math.floor(windowMs / 4))
  return [{ kind, spell: { fromMs, untilMs } }]
}

/** How long nothing answers in a long night. */
export const nightMs = 6 * 3_600_000
