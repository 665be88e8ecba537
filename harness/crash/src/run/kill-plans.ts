import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type Failpoint, failpoints } from '../protocol.ts'

/** How a life of the watcher is to end. */
export interface KillPlan {
  readonly failpoint: Failpoint | undefined
  /** From outside: so many milliseconds after it was started, or after it is up. */
  readonly from: 'start' | 'ready'
  readonly ms: number
}

export interface KillPlans {
  next(): KillPlan
  hit(name: string): void
  /** How often each failpoint killed. */
  readonly hits: ReadonlyMap<string, number>
}

/** A start takes some 300 ms, and one that is killed later is not killed while it starts. */
const longestStartMs = 350
const longestLifeMs = 600
/** For a failpoint that does not come. */
const patienceMs = 1_200
const mostPasses = 12

export function killPlans(dice: Dice): KillPlans {
  const hits = new Map(failpoints.map((name) => [name, 0]))

  function nextFailpoint(): Failpoint {
    const least = Math.min(...hits.values())
    const rarest = failpoints.filter((name) => hits.get(name) === least)
    const name = dice.pick(dice.chance(0.6) ? rarest : failpoints)
    // At the first pass while it was never hit: rare writes may not come twice in a life.
    return { name, hit: least === 0 || dice.chance(0.4) ? 1 : dice.int(1, mostPasses) }
  }

  return {
    hits,
    next() {
      if (dice.chance(0.5)) return { failpoint: nextFailpoint(), from: 'ready', ms: patienceMs }
      return dice.chance(0.3)
        ? { failpoint: undefined, from: 'start', ms: dice.int(0, longestStartMs) }
        : { failpoint: undefined, from: 'ready', ms: dice.int(0, longestLifeMs) }
    },
    hit(name) {
      hits.set(name, (hits.get(name) ?? 0) + 1)
    },
  }
}
