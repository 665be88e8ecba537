import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { descriptorsOf } from '../src/soak/descriptors.ts'
import { growthOf, type Sample } from '../src/soak/growth.ts'
import { runSoak } from '../src/soak/run-soak.ts'
import { growthsIn, leftOver } from '../src/soak/verdict.ts'

const samples = (values: readonly number[]): readonly Sample[] => values.map((value, at) => ({ minutes: at, value }))
const chance = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 12, maxLength: 60 })
const allowance = { by: 8, share: 0.1 }

describe('what grows', () => {
  it('is told from chance, and from what goes up and down', () => {
    fc.assert(
      fc.property(chance, (noise) => {
        const still = growthOf(samples(noise.map((each) => 50 + each)), allowance)
        expect(still?.hasGrown).toBe(false)
        const waves = growthOf(samples(noise.map((each, at) => 50 + each + (at % 3) * 40)), allowance)
        expect(Math.abs(waves?.perMinute ?? 0)).toBeLessThan(12)
      }),
    )
  })

  it('is seen however much chance there is beside it, with its speed', () => {
    fc.assert(
      fc.property(chance, fc.integer({ min: 2, max: 40 }), (noise, perMinute) => {
        const found = growthOf(samples(noise.map((each, at) => 50 + each + at * perMinute)), allowance)
        expect(found?.hasGrown).toBe(true)
        expect(Math.abs((found?.perMinute ?? 0) - perMinute)).toBeLessThan(2)
      }),
    )
  })

  it('is nothing where there is too little to see, and nothing that only fills up at the beginning', () => {
    expect(growthOf(samples([1, 2, 3]), allowance)).toBeUndefined()
    const looks = Array.from({ length: 40 }, (_, at) => ({ minutes: at, numbers: { some: Math.min(at * 20, 160) } }))
    expect(growthsIn(looks)).toMatchObject([{ name: 'some', hasGrown: false }])
  })

  it('is what is left when everybody has gone, if it is more than before', () => {
    const before = { descriptors: 30, 'descriptors: client established': 1, 'memory MiB': 100 }
    expect(leftOver(before, { ...before, 'memory MiB': 300 })).toEqual([])
    expect(leftOver(before, { ...before, 'descriptors: client half closed by the peer': 40 })).toHaveLength(1)
  })
})

describe.runIf(process.platform === 'linux')('descriptors of a process', () => {
  it('are told by kind', async () => {
    const found = await descriptorsOf(process.pid, { own: {}, remote: {} })
    expect(Object.values(found).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2)
    expect(found['[eventpoll]']).toBeGreaterThan(0)
  })
})

describe('a soak', { timeout: 300_000 }, () => {
  it('breaks no promise, sees what the daemon holds, and leaves nothing behind', async ({ signal }) => {
    const result = await runSoak({
      minutes: 0.2,
      seed: 1,
      clients: 4,
      channelsOfEach: 3,
      publishesPerSecond: 20,
      library: 'viem',
      signal,
    })
    expect(result.violations.filter((each) => !each.includes(' grew '))).toEqual([])
    expect(result.published).toBeGreaterThan(0)
    expect(Object.keys(result.looks.at(-1)?.numbers ?? {})).toEqual(
      expect.arrayContaining(['descriptors', 'store MiB', 'resource: Timeout', 'metric: mailboxes']),
    )
  })
})
