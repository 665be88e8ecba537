import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backOffMs, defaultBackOff } from '../../src/async/back-off.ts'
import { confirmationsWanted, inclusionPatienceSeconds, isLate, retryDelayMs } from '../../src/dispute/timing.ts'

const seconds = fc.bigInt({ min: -10_000n, max: 10_000_000n })
const depth = fc.bigInt({ min: 0n, max: 100n })
const perBlock = fc.bigInt({ min: 0n, max: 100n })

describe('confirmationsWanted', () => {
  it('stays between none and the depth asked for, and costs at most a tenth of the time left', () => {
    fc.assert(
      fc.property(seconds, perBlock, depth, (left, each, wanted) => {
        const blocks = confirmationsWanted(left, each, wanted)
        expect(blocks >= 0n && blocks <= wanted).toBe(true)
        if (left > 0n) expect(blocks * each * 10n <= left).toBe(true)
      }),
    )
  })

  it('never wants more with less time, with slower blocks or with a smaller depth', () => {
    fc.assert(
      fc.property(seconds, seconds, perBlock, perBlock, depth, (a, b, each, other, wanted) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        const [fast, slow] = each < other ? [each, other] : [other, each]
        expect(confirmationsWanted(less, each, wanted) <= confirmationsWanted(more, each, wanted)).toBe(true)
        expect(
          confirmationsWanted(more, slow, wanted) <= confirmationsWanted(more, fast === 0n ? 1n : fast, wanted) ||
            slow === 0n,
        ).toBe(true)
        expect(confirmationsWanted(more, each, wanted) <= confirmationsWanted(more, each, wanted + 1n)).toBe(true)
      }),
    )
  })

  it('acts at once when there is no time', () => {
    for (const left of [-1n, 0n, 1n, 119n]) expect(confirmationsWanted(left, 12n, 2n)).toBe(0n)
    expect(confirmationsWanted(120n, 12n, 2n)).toBe(1n)
    expect(confirmationsWanted(3600n, 12n, 2n)).toBe(2n)
  })
})

describe('isLate', () => {
  it('begins when less than a quarter of the window is left', () => {
    expect(isLate(150n, 600n)).toBe(false)
    expect(isLate(149n, 600n)).toBe(true)
    expect(isLate(-1n, 600n)).toBe(true)
  })
})

describe('retryDelayMs', () => {
  const failures = fc.integer({ min: 1, max: 2000 })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

  it('stays between an eighth of a second and half a minute', () => {
    fc.assert(
      fc.property(failures, seconds, chance, (count, left, random) => {
        const delay = retryDelayMs(count, left, () => random)
        expect(delay).toBeGreaterThanOrEqual(125)
        expect(delay).toBeLessThanOrEqual(30_000)
      }),
    )
  })

  it('grows with the failures and shrinks with the time left', () => {
    fc.assert(
      fc.property(failures, seconds, seconds, chance, (count, a, b, random) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        const delay = (failed: number, left: bigint) => retryDelayMs(failed, left, () => random)
        expect(delay(count, more)).toBeLessThanOrEqual(delay(count + 1, more))
        expect(delay(count, less)).toBeLessThanOrEqual(delay(count, more))
        expect(delay(count, more)).toBeLessThanOrEqual(
          Math.max(
            125,
            backOffMs(count, defaultBackOff, () => random),
          ),
        )
      }),
    )
  })

  it('leaves room for twenty more attempts, down to an eighth of a second', () => {
    fc.assert(
      fc.property(failures, fc.bigInt({ min: 3n, max: 100_000n }), chance, (count, left, random) => {
        expect(retryDelayMs(count, left, () => random) * 20).toBeLessThanOrEqual(Number(left) * 1000)
      }),
    )
  })
})

describe('inclusionPatienceSeconds', () => {
  const count = fc.integer({ min: 0, max: 100 })

  it('is at most a quarter of the time left, and at least two blocks, but of slow ones never more than half', () => {
    fc.assert(
      fc.property(seconds, perBlock, count, (left, each, unconfirmed) => {
        const patience = inclusionPatienceSeconds(left, each, unconfirmed)
        const isHalf = patience >= left / 2n
        expect(patience >= each * 2n || (isHalf && patience >= 24n)).toBe(true)
        if (patience > each * 2n) expect(patience * 4n).toBeLessThanOrEqual(left)
        if (patience > 24n) expect(patience * 2n).toBeLessThanOrEqual(left)
      }),
    )
  })

  it('is a minute or a few blocks at first, however long the window, and never more than all waits before it and that', () => {
    fc.assert(
      fc.property(seconds, perBlock, count, (left, each, unconfirmed) => {
        const first = inclusionPatienceSeconds(left, each, 0)
        expect(first <= 60n || first <= each * 4n).toBe(true)
        let waited = 0n
        for (let at = 0; at < unconfirmed; at++) waited += inclusionPatienceSeconds(left, each, at)
        const bound = waited + (each * 4n > 60n ? each * 4n : 60n)
        expect(inclusionPatienceSeconds(left, each, unconfirmed)).toBeLessThanOrEqual(bound)
      }),
    )
  })
})
