import { short } from '../world/trace.ts'
import type { RunOptions } from './options.ts'
import { type LifeResult, type RunResult, runLife } from './run-life.ts'

/** One life, and where the watcher had a hostile tenant in good weather, the same once more without. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const result = await runLife(seed, options)
  if (!result.isComparable) return result
  const { without = [] } = options
  const alone = await runLife(seed, { ...options, without: [...without, 'tenants'], keepsTrace: false })
  return { ...result, violations: [...result.violations, ...worseOff(result, alone)] }
}

/**
 * Nobody's fate depends on another tenant: what was taken from a client without him, is taken with him. What he does on the ledger
 * may lead to another course of the channel, though, and to fewer states: then it is enough that all of them are taken.
 */
function worseOff({ fates }: LifeResult, alone: LifeResult): readonly string[] {
  return [...alone.fates].flatMap(([id, { taken }]) => {
    const mine = fates.get(id)
    return mine === undefined || mine.taken >= taken || mine.taken >= mine.signed
      ? []
      : [`${short(id)}: ${taken} is taken only without another tenant, with him ${mine.taken} of ${mine.signed}`]
  })
}
