import type { TimedCall } from '../calls/call.ts'
import { emptyWorld, type ModelLedger, type World } from '../calls/model-ledger.ts'
import { drawCall } from './draw-call.ts'
import type { Family } from './family.ts'
import type { Random } from './random.ts'
import type { Cast } from './scene.ts'

/** A random sequence of calls, to be made to the model and to contracts. */
export interface Match {
  readonly number: number
  readonly family: Family
  readonly calls: readonly TimedCall[]
}

/** Draws the calls of one sequence. What happened so far, by the model, decides what is worth trying next. */
export async function drawSequence(
  cast: Cast,
  model: ModelLedger,
  random: Random,
  start: bigint,
): Promise<readonly TimedCall[]> {
  const calls: TimedCall[] = []
  let world = emptyWorld
  let now = start
  const length = 6 + random.below(7)
  for (let index = 0; index < length; index++) {
    now = drawTime(world, now, random)
    const call = await drawCall({ ...cast, random, world, now })
    calls.push({ at: now, call })
    world = model.apply(world, call, now).world
  }
  return calls
}

/** Now, a little later, or next to a timeout: just before it, at it, or just after. */
function drawTime({ disputes }: World, now: bigint, random: Random): bigint {
  if (disputes.size === 0 || random.chance(0.5)) return now
  if (random.chance(0.2)) return now + BigInt(random.below(4))
  const { timeout, challengeDuration } = random.pick([...disputes.values()])
  const end = random.chance(0.75) ? timeout : timeout + challengeDuration
  const near = end + random.weighted([2, -1n], [3, 0n], [2, 1n])
  return near < now || near > now + 100n ? now : near
}
