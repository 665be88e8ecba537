import type { SeedResult } from '../../src/seed-runs.ts'
import { serveSeeds } from '../../src/serve-seeds.ts'

export interface WorkerOptions {
  readonly breaks: number
  readonly throws: number
  readonly strays: number
}

/* A world in which some seeds go wrong, each in its own way. */

serveSeeds<WorkerOptions, SeedResult>(
  async (seed, { breaks, throws, strays }) => {
    if (seed === throws) throw new Error('no such world')
    if (seed === strays) {
      void Promise.reject(new Error('nobody waits for this'))
      await new Promise(setImmediate)
    }
    return { seed, violations: seed === breaks ? ['lost'] : [], met: new Map([['rain', 1]]), trace: [] }
  },
  ({ seed }, reason) => ({ seed, violations: [reason.split('\n')[0] ?? ''], met: new Map(), trace: [] }),
)
