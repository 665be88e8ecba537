import { beforeAll, describe, expect, it } from 'vitest'
import { type CaseResult, hasFailed, type NodesCase } from '../src/nodes/case.ts'
import { allCases } from '../src/nodes/cases/all-cases.ts'
import { type Library, libraries } from '../src/nodes/library.ts'
import { runCases } from '../src/nodes/run-cases.ts'

/** One of each kind, as `pnpm nodes` plays them all. */
const chosen: Readonly<Record<Library, readonly string[]>> = {
  viem: ['lateLogs', 'halfOpenSocket', 'keptFirst'],
  ethers: ['nullIndex', 'estimateHangs', 'rateLimitedFirst'],
}

const survived: readonly NodesCase[] = libraries.flatMap((library) =>
  allCases.filter(({ name }) => chosen[library].includes(name)).map((each) => ({ ...each, libraries: [library] })),
)

/** The daemon hears of nothing any more, until after the window has closed. */
const deaf: NodesCase = {
  name: 'deaf',
  kind: 'N4',
  libraries: ['viem'],
  play: async (stage) => {
    const proxy = await stage.endpoint()
    await stage.start([proxy.httpUrl])
    const guarded = await stage.guard(36n)
    await proxy[Symbol.asyncDispose]()
    await stage.cheat(guarded)
  },
}

describe('a daemon among nodes that get things wrong', () => {
  let results: readonly CaseResult[]
  beforeAll(async () => {
    results = await runCases({ cases: [deaf, ...survived], libraries, seed: 1 })
  }, 600_000)

  it('answers every cheat, is not ready while it is blind, and tells its clients', () => {
    const played = results.filter(({ name }) => name !== deaf.name)
    expect(played.map(({ name }) => name).toSorted()).toEqual(Object.values(chosen).flat().toSorted())
    expect(played.filter(hasFailed)).toEqual([])
  })

  it('is said to have lost where nothing is answered until the window has closed', () => {
    expect(results.find(({ name }) => name === deaf.name)).toMatchObject({
      lost: ['version 1 stands, 5 was acknowledged'],
      readyWhileBlind: [],
    })
  })

  it('has cases of other names', () => {
    const names = allCases.map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(40)
    expect(new Set(names).size).toBe(names.length)
  })
})
