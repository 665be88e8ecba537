import type { ModelAdjudicator, ModelDisputes } from '@perun-watcher/core/testing'
import { applyCall, type Call, type Outcome } from './apply-call.ts'
import { drawCall } from './draw-call.ts'
import type { Family } from './family.ts'
import type { Random } from './random.ts'
import type { Sign } from './signing.ts'
import type { States } from './states.ts'

/** A call in a block of this time. */
export interface TimedCall {
  readonly at: bigint
  readonly call: Call
}

/** A random sequence of calls, to be made to the model and to the contract. */
export interface Match {
  readonly number: number
  readonly family: Family
  readonly calls: readonly TimedCall[]
}

/** A family, its states, and who signs them. */
export interface Cast {
  readonly family: Family
  readonly states: States
  readonly sign: Sign
}

/** Draws the calls of one sequence. What happened so far, by the model, decides what is worth trying next. */
export async function drawSequence(
  cast: Cast,
  model: ModelAdjudicator,
  random: Random,
  start: bigint,
): Promise<readonly TimedCall[]> {
  const calls: TimedCall[] = []
  let disputes: ModelDisputes = new Map()
  let now = start
  const length = 6 + random.below(7)
  for (let index = 0; index < length; index++) {
    now = drawTime(disputes, now, random)
    const call = await drawCall({ ...cast, random, disputes, now })
    calls.push({ at: now, call })
    disputes = applyCall(model, disputes, call, now).disputes
  }
  return calls
}

/** What the model says to a sequence, call by call. */
export function askModel(model: ModelAdjudicator, calls: readonly TimedCall[]): readonly Outcome[] {
  let disputes: ModelDisputes = new Map()
  return calls.map(({ at, call }) => {
    const outcome = applyCall(model, disputes, call, at)
    disputes = outcome.disputes
    return outcome
  })
}

/** Now, a little later, or next to a timeout: just before it, at it, or just after. */
function drawTime(disputes: ModelDisputes, now: bigint, random: Random): bigint {
  if (disputes.size === 0 || random.chance(0.5)) return now
  if (random.chance(0.2)) return now + BigInt(random.below(4))
  const { timeout, challengeDuration } = random.pick([...disputes.values()])
  const end = random.chance(0.75) ? timeout : timeout + challengeDuration
  const near = end + random.weighted([2, -1n], [3, 0n], [2, 1n])
  return near < now || near > now + 100n ? now : near
}
