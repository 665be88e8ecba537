import { dice } from '@perun-watcher/harness-kit/dice'
import { describe, expect, it } from 'vitest'
import { describeMutant, drawMutants } from '../src/draw.ts'
import type { Package } from '../src/packages.ts'

const text = `export function least(a: number, b: number): number {
  if (a < b) return a
  return b
}

export const limit = 7
`

function packageOf(name: string, ...texts: string[]): Package {
  const sources = texts.map((each, index) => ({ path: `packages/${name}/src/${index}.ts`, text: each }))
  return { name, folder: `packages/${name}`, sources, tests: [] }
}

const packages = [packageOf('one', text), packageOf('two', 'export const a = true\n', 'export const b = c && d\n')]
const draw = (seed: number, count: number) => drawMutants(packages, dice(seed), count).mutants.map(describeMutant)

describe('a draw', () => {
  it('follows from the seed, and a longer one begins with the shorter one', () => {
    expect(draw(7, 5)).toEqual(draw(7, 5))
    expect(draw(7, 5)).not.toEqual(draw(8, 5))
    expect(draw(7, 5).slice(0, 3)).toEqual(draw(7, 3))
  })

  it('draws from all files of all packages, none twice, until there are no more', () => {
    const { points, mutants } = drawMutants(packages, dice(1), 100)
    expect(points).toBe(7)
    expect(mutants).toHaveLength(7)
    expect(mutants.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(
      new Set(mutants.map(({ source, mutation }) => `${source.path} ${mutation.start} ${mutation.kind}`)).size,
    ).toBe(7)
    expect(new Set(mutants.map(({ source }) => source.path)).size).toBe(3)
  })

  it('gives every point the same chance', () => {
    const counts = new Map<string, number>()
    for (let seed = 1; seed <= 140; seed++) {
      const [mutant] = draw(seed, 1)
      const key = `${mutant?.file} ${mutant?.line} ${mutant?.kind}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(7)
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(7)
      expect(count).toBeLessThan(35)
    }
  })

  it('leaves out what is no program with the mutation', () => {
    // `2.toFixed()` is none.
    const broken = packageOf('broken', 'export const a = 1..toFixed()\n', 'export const b = true\n')
    const { points, mutants } = drawMutants([broken], dice(1), 100)
    expect(points).toBe(3)
    expect(mutants.map(({ text }) => text)).toEqual(['export const b = false\n'])
  })
})

describe('a mutant', () => {
  it('is described by its line, without and with the mutation', () => {
    const found = drawMutants([packageOf('one', text)], dice(3), 100).mutants.map(describeMutant)
    expect(found).toContainEqual({
      number: expect.any(Number),
      file: 'packages/one/src/0.ts',
      line: 2,
      before: 'if (a < b) return a',
      after: 'if (a <= b) return a',
      kind: 'comparison relaxed',
    })
    expect(found).toContainEqual({
      number: expect.any(Number),
      file: 'packages/one/src/0.ts',
      line: 6,
      before: 'export const limit = 7',
      after: 'export const limit = 8',
      kind: 'number + 1',
    })
  })

  it('of several lines is described on one', () => {
    const several = packageOf('one', 'export function f(): void {\n  g(\n    a,\n  )\n}\n')
    const [mutant] = drawMutants([several], dice(1), 1).mutants.map(describeMutant)
    expect(mutant).toMatchObject({ line: 2, before: 'g( a, )', after: ';' })
  })
})
