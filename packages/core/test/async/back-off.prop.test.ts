import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs, defaultBackOff } from '../../src/async/back-off.ts'

const failures = fc.integer({ min: 1, max: 2000 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const backOff = fc.record({ firstDelayMs: fc.integer({ min: 1, max: 1000 }), longestDelayMs: fc.integer({ min: 1 }) })

describe('backOffMs', () => {
  it('stays between half of the first delay and the longest, and never shrinks with the failures', () => {
    fc.assert(
      fc.property(failures, backOff, chance, (count, bounds, random) => {
        const delay = backOffMs(count, bounds, () => random)
        expect(delay).toBeGreaterThanOrEqual(Math.min(bounds.firstDelayMs, bounds.longestDelayMs) / 2)
        expect(delay).toBeLessThanOrEqual(bounds.longestDelayMs)
        expect(delay).toBeLessThanOrEqual(backOffMs(count + 1, bounds, () => random))
      }),
    )
  })

  it('spreads equal failures over a factor of two', () => {
    const delay = (count: number, random: number): number => backOffMs(count, defaultBackOff, () => random)
    expect(delay(1, 0)).toBe(125)
    expect(delay(1, 0.999)).toBeCloseTo(250, 0)
    expect(delay(4, 0)).toBe(1000)
    expect(delay(50, 0.999)).toBeCloseTo(30_000, -2)
  })
})
