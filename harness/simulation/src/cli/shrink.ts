import type { SeedResult } from '@perun-watcher/harness-kit/seed-runs'
import { omissions, type RunOptions } from '../run/options.ts'
import type { Pool } from './pool.ts'

export interface Shrunk {
  readonly options: RunOptions
  readonly result: SeedResult
}

/**
 * The smallest world in which a seed still breaks a promise: without one hardship after the other, with fewer families,
 * in less time. What is left out changes what follows, so each try may fail in another way; any failure is good.
 */
export async function shrink(pool: Pool, failed: SeedResult, options: RunOptions): Promise<Shrunk> {
  let best: Shrunk = { options, result: failed }

  async function attempt(change: RunOptions): Promise<void> {
    const smaller = { ...best.options, ...change }
    const result = await pool.run({ seed: failed.seed, options: smaller })
    if (result.violations.length > 0) best = { options: smaller, result }
  }

  for (const families of [1, 2]) if ((best.options.families ?? 3) > families) await attempt({ families })
  for (const minutes of [5, 10, 20]) if ((best.options.minutes ?? 30) > minutes) await attempt({ minutes })
  for (const omission of omissions) {
    const { without = [] } = best.options
    if (!without.includes(omission)) await attempt({ without: [...without, omission] })
  }
  return best
}
