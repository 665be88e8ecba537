import { describe, expect, it } from 'vitest'
import { type CaseResult, hasFailed, type Library } from '../src/nodes/case.ts'
import { allCases } from '../src/nodes/cases/all-cases.ts'
import { runCases } from '../src/nodes/run-cases.ts'

/** One of each kind, as `pnpm nodes` plays them all. */
const chosen: Readonly<Record<Library, readonly string[]>> = {
  viem: ['lateLogs', 'halfOpenSocket', 'keptFirst'],
  ethers: ['nullIndex', 'estimateHangs', 'rateLimitedFirst'],
}

const named = (names: readonly string[]): typeof allCases => allCases.filter(({ name }) => names.includes(name))

async function played(library: Library, signal: AbortSignal): Promise<readonly CaseResult[]> {
  return runCases({ cases: named(chosen[library]), libraries: [library], seed: 1, signal })
}

describe('a daemon among nodes that get things wrong', { timeout: 600_000 }, () => {
  it('answers every cheat, is not ready while it is blind, and tells its clients', async ({ signal }) => {
    const results = (await Promise.all([played('viem', signal), played('ethers', signal)])).flat()
    expect(results.map(({ name }) => name).toSorted()).toEqual(Object.values(chosen).flat().toSorted())
    expect(results.filter(hasFailed)).toEqual([])
  })

  it('is said to have lost where nothing is answered until the window has closed', async ({ signal }) => {
    const results = await runCases({
      cases: [
        {
          name: 'deaf',
          kind: 'N4',
          play: async (stage) => {
            const proxy = await stage.endpoint()
            await stage.start([proxy.httpUrl])
            const guarded = await stage.guard(36n)
            await proxy[Symbol.asyncDispose]()
            await stage.cheat(guarded)
          },
        },
      ],
      libraries: ['viem'],
      seed: 1,
      signal,
    })
    expect(results).toMatchObject([{ lost: ['version 1 stands, 5 was acknowledged'], readyWhileBlind: [] }])
  })

  it('has cases of other names', () => {
    const names = allCases.map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(40)
    expect(new Set(names).size).toBe(names.length)
  })
})
