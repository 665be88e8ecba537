import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bumped,
  type FeeMarket,
  type Fees,
  ppm,
  replacementFees,
  scheduledFees,
  windowUsed,
} from '../../../src/transactions/fees/fee-policy.ts'

const gwei = 1_000_000_000n
const wei = fc.bigInt({ min: 1n, max: 2_000n * gwei })
const market: fc.Arbitrary<FeeMarket> = fc.record({
  baseFeePerGas: fc.oneof(wei, fc.bigInt({ min: 0n, max: 10n })),
  priorityFeePerGas: fc.oneof(fc.bigInt({ min: 1n, max: 50n * gwei }), fc.bigInt({ min: 1n, max: 10n })),
})
const used = fc.bigInt({ min: 0n, max: ppm })
const cap = fc.oneof(wei, fc.bigInt({ min: 1n, max: 20n }))
const force = fc.constantFrom(undefined, undefined, undefined, 'replace' as const, 'outbid' as const)

const isWithin = (fees: Fees, limit: bigint): boolean =>
  fees.maxPriorityFeePerGas <= fees.maxFeePerGas && fees.maxFeePerGas <= limit

describe('the window', () => {
  it('is used from nothing to whole, steadily, and is whole before the deadline', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 10n),
        fc.bigInt(0n, 10n ** 6n),
        fc.bigInt(-10n, 10n ** 6n),
        fc.nat(100),
        (start, length, after, more) => {
          const window = { start, deadline: start + length }
          const now = windowUsed(window, start + after)
          expect(now >= 0n && now <= ppm).toBe(true)
          expect(windowUsed(window, start + after + BigInt(more)) >= now).toBe(true)
          const third = length / 3n
          expect(windowUsed(window, window.deadline - (third < 36n ? third : 36n))).toBe(ppm)
        },
      ),
    )
  })

  it('is not used at its start, however short it is', () => {
    for (let seconds = 2n; seconds < 200n; seconds++) {
      expect(windowUsed({ start: 5n, deadline: 5n + seconds }, 5n)).toBe(0n)
    }
  })

  it.each([
    ['at its start', 0n, 0n],
    ['half way to the last offer', 1_620n, ppm / 2n],
    ['a tenth before its end', 3_240n, ppm],
  ])('of an hour is used %s', (_, after, expected) => {
    expect(windowUsed({ start: 1_000n, deadline: 4_600n }, 1_000n + after)).toBe(expected)
  })
})

describe('the schedule', () => {
  it('never exceeds the cap, never falls, and offers the cap at the end', () => {
    fc.assert(
      fc.property(market, used, used, cap, (prices, a, b, limit) => {
        const [early, late] = a < b ? [a, b] : [b, a]
        const before = scheduledFees(prices, early, limit)
        const after = scheduledFees(prices, late, limit)
        expect(isWithin(before, limit) && isWithin(after, limit)).toBe(true)
        expect(after.maxFeePerGas >= before.maxFeePerGas).toBe(true)
        expect(after.maxPriorityFeePerGas >= before.maxPriorityFeePerGas).toBe(true)
        expect(scheduledFees(prices, ppm, limit)).toEqual({ maxFeePerGas: limit, maxPriorityFeePerGas: limit })
      }),
    )
  })

  it('buys a place in the next block wherever the cap allows it', () => {
    fc.assert(
      fc.property(market, used, cap, (prices, part, limit) => {
        const { maxFeePerGas } = scheduledFees(prices, part, limit)
        expect(maxFeePerGas >= prices.baseFeePerGas || maxFeePerGas === limit).toBe(true)
      }),
    )
  })

  it('starts at the price of the market, with room for the base fee to double', () => {
    const prices = { baseFeePerGas: 20n * gwei, priorityFeePerGas: 2n * gwei }
    expect(scheduledFees(prices, 0n, 500n * gwei)).toEqual({
      maxFeePerGas: 42n * gwei,
      maxPriorityFeePerGas: 2n * gwei,
    })
  })

  it('spends little on the tip before it is urgent', () => {
    const prices = { baseFeePerGas: 20n * gwei, priorityFeePerGas: 2n * gwei }
    expect(scheduledFees(prices, ppm / 4n, 500n * gwei).maxPriorityFeePerGas).toBeLessThan(10n * gwei)
  })
})

describe('a replacement', () => {
  it('raises both fees by an eighth, is at least what the schedule says, and is within the cap', () => {
    fc.assert(
      fc.property(market, market, used, used, cap, force, (first, later, a, b, limit, why) => {
        const current = scheduledFees(first, a, limit)
        const next = replacementFees(current, { market: later, used: b, cap: limit, force: why })
        if (next === undefined) return
        expect(isWithin(next, limit)).toBe(true)
        expect(next.maxFeePerGas >= bumped(current.maxFeePerGas)).toBe(true)
        expect(next.maxPriorityFeePerGas >= bumped(current.maxPriorityFeePerGas)).toBe(true)
        const target = scheduledFees(later, b, limit)
        expect(next.maxFeePerGas >= target.maxFeePerGas).toBe(true)
        expect(next.maxPriorityFeePerGas >= target.maxPriorityFeePerGas).toBe(true)
      }),
    )
  })

  it('is always left for the last offer: whatever the prices were, the cap is reached before the deadline', () => {
    const step = fc.record({ prices: market, part: fc.bigInt({ min: 0n, max: ppm / 10n }), force })
    fc.assert(
      fc.property(market, fc.array(step, { maxLength: 40 }), cap, (first, steps, limit) => {
        let part = 0n
        let current = scheduledFees(first, 0n, limit)
        for (const { prices, part: more, force: why } of [...steps, { prices: first, part: ppm, force: undefined }]) {
          part = part + more > ppm ? ppm : part + more
          current = replacementFees(current, { market: prices, used: part, cap: limit, force: why }) ?? current
        }
        expect(current).toEqual({ maxFeePerGas: limit, maxPriorityFeePerGas: limit })
        expect(replacementFees(current, { market: first, used: ppm, cap: limit, force: 'outbid' })).toBeUndefined()
      }),
    )
  })

  it('is not made while the offer is good', () => {
    const prices = { baseFeePerGas: 20n * gwei, priorityFeePerGas: 2n * gwei }
    const current = scheduledFees(prices, 0n, 500n * gwei)
    const context = { market: prices, used: ppm / 20n, cap: 500n * gwei, force: undefined }
    expect(replacementFees(current, context)).toBeUndefined()
    const rising = { baseFeePerGas: 40n * gwei, priorityFeePerGas: 2n * gwei }
    expect(replacementFees(current, { ...context, market: rising })).toBeUndefined()
    const risen = { baseFeePerGas: 41n * gwei, priorityFeePerGas: 2n * gwei }
    expect(replacementFees(current, { ...context, market: risen })?.maxFeePerGas).toBeGreaterThan(84n * gwei)
  })

  it('takes few steps to the cap, for each is written to disk', () => {
    const prices = { baseFeePerGas: 20n * gwei, priorityFeePerGas: gwei }
    let current = scheduledFees(prices, 0n, 500n * gwei)
    let steps = 0
    for (let part = 0n; part <= ppm; part += 1_000n) {
      const next = replacementFees(current, { market: prices, used: part, cap: 500n * gwei, force: undefined })
      if (next !== undefined) steps++
      current = next ?? current
    }
    expect(steps).toBeGreaterThan(5)
    expect(steps).toBeLessThan(40)
  })
})
