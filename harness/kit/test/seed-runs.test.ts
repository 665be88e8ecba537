import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bundle } from '../src/bundle.ts'
import { concludeRuns, runSeeds, type SeedResult, type SeedTally, seedPool, showRun } from '../src/seed-runs.ts'
import type { WorkerOptions } from './support/seed-worker.ts'

let printed = ''
let complained = ''

beforeEach(() => {
  printed = ''
  complained = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complained += String(text)
    return true
  })
})

afterEach(() => void vi.restoreAllMocks())

const none: WorkerOptions = { breaks: -1, throws: -1, strays: -1 }

async function run(options: Partial<WorkerOptions>, seeds = 6): Promise<SeedTally<SeedResult>> {
  await using pool = seedPool<WorkerOptions, SeedResult>({
    script: await bundle({ entry: new URL('./support/seed-worker.ts', import.meta.url) }),
    threads: 2,
    patienceMs: 60_000,
    failed: ({ seed }, reason) => ({ seed, violations: [reason], met: new Map(), trace: [] }),
  })
  return await runSeeds(pool, {
    seeds,
    from: 3,
    threads: 2,
    options: { ...none, ...options },
    nameOf: ({ seed }) => `seed ${seed}`,
    replayCommand: (seed) => `again ${seed}`,
  })
}

describe('seeds that are run side by side', () => {
  it('are each run once, and what they met is added up', async () => {
    const { seeds, failed, met } = await run({})
    expect({ seeds, failed, met }).toEqual({ seeds: 6, failed: [], met: new Map([['rain', 6]]) })
    expect(complained).toBe('')
  })

  it('fail where a promise is broken, with the command that repeats it', async () => {
    const { failed } = await run({ breaks: 5 })
    expect(failed).toMatchObject([{ seed: 5, violations: ['lost'] }])
    expect(complained).toBe('seed 5: lost\n  again 5\n')
  })

  it('fail where a run throws, or leaves something behind that does, and the others go on', async () => {
    const { seeds, failed } = await run({ throws: 4, strays: 7 })
    const bySeed = failed.toSorted((a, b) => a.seed - b.seed)
    expect(bySeed).toMatchObject([
      { seed: 4, violations: ['Error: no such world'] },
      { seed: 7, violations: ['nobody waits for this'] },
    ])
    expect(seeds).toBe(6)
  })
})

describe('what is said in the end', () => {
  const tally = (violations: readonly string[]): SeedTally<SeedResult> => ({
    seeds: 2,
    failed: violations.length === 0 ? [] : [{ seed: 9, violations, met: new Map(), trace: [] }],
    met: new Map(),
  })
  const startedAt = performance.now()

  it('is good only if nothing was broken and everything was met', () => {
    const all = { milestones: 4, startedAt, isJson: true }
    expect(concludeRuns(tally([]), { ...all, unmet: 0 })).toBe(0)
    expect(concludeRuns(tally([]), { ...all, unmet: 1 })).toBe(1)
    expect(concludeRuns(tally([]), { ...all, unmet: 1, mayMiss: true })).toBe(0)
    expect(concludeRuns(tally(['a', 'b']), { ...all, unmet: 0 })).toBe(1)
    const lines = printed.trimEnd().split('\n')
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { seeds: 2, violations: 0, unmet: 0, failedSeeds: [] },
      { violations: 0, unmet: 1, milestones: 4 },
      { violations: 0, unmet: 1 },
      { violations: 2, unmet: 0, failedSeeds: [9] },
    ])
  })

  it('of one run is its trace and what it broke', () => {
    const result: SeedResult = { seed: 9, violations: ['lost'], met: new Map(), trace: ['block 1'] }
    expect(showRun(result, { name: 'seed 9', isJson: false })).toBe(1)
    expect(showRun({ ...result, violations: [] }, { name: 'seed 9', isJson: true, fields: { theme: 'calm' } })).toBe(0)
    expect(printed).toBe(
      'block 1\nviolation: lost\nseed 9: 1 violations\n{"seed":9,"theme":"calm","violations":0,"details":[]}\n',
    )
  })
})
