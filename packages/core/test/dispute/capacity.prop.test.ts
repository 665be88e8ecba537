import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capacityFor, type LedgerWindow } from '../../src/dispute/capacity.ts'

const seconds = 12

/** Plays it: block after block takes the most urgent ones that wait, from the second block after the cheat to the last but one. */
function lost(windows: readonly LedgerWindow[], places: number): number {
  const blocksOf = windows.flatMap(({ windowSeconds, channels }) => Array(channels).fill(windowSeconds / seconds))
  const waiting: number[] = blocksOf.sort((a, b) => a - b)
  let count = 0
  for (let block = 1; waiting.length > 0; block++) {
    while (waiting[0] !== undefined && block > waiting[0] - 3) {
      waiting.shift()
      count++
    }
    waiting.splice(0, places)
  }
  return count
}

const windowsArb = fc.uniqueArray(
  fc.record({ blocks: fc.integer({ min: 1, max: 40 }), channels: fc.integer({ min: 1, max: 60 }) }),
  { selector: ({ blocks }) => blocks, minLength: 1, maxLength: 6 },
)

describe('how much can be answered at once', () => {
  it('is enough exactly where nothing is lost when everything is cheated in one block', () => {
    fc.assert(
      fc.property(windowsArb, fc.integer({ min: 1, max: 20 }), (drawn, places) => {
        const windows = drawn.map(({ blocks, channels }) => ({ windowSeconds: blocks * seconds, channels }))
        const capacity = capacityFor(windows, { places, secondsPerBlock: seconds }, 1)
        expect((capacity?.channels ?? 0) <= (capacity?.answerable ?? 0)).toBe(lost(windows, places) === 0)
      }),
    )
  })

  it('is what was measured: 1 000 channels with windows of 600 s are more than one account answers', () => {
    const windows = [{ windowSeconds: 600, channels: 1_000 }]
    const one = capacityFor(windows, { places: 16, secondsPerBlock: 12 }, 1)
    expect(one).toEqual({ windowSeconds: 600, channels: 1_000, answerable: 752, limitedBy: 'places' })
    expect(capacityFor(windows, { places: 32, secondsPerBlock: 12 }, 1)?.answerable).toBe(1_504)
  })

  it('goes by the blocks themselves where the ledger does not say how fast they come', () => {
    const windows = [{ windowSeconds: 600, channels: 1 }]
    expect(capacityFor(windows, { places: 16, secondsPerBlock: undefined }, 6)?.answerable).toBe(97 * 16)
  })

  it('is no more than can be paid for, of all windows together', () => {
    const windows = [60, 600].map((windowSeconds) => ({ windowSeconds, channels: 4 }))
    const of = (payable: number) => capacityFor(windows, { places: 16, payable, secondsPerBlock: 12 }, 1)
    expect(of(7)).toEqual({ windowSeconds: 600, channels: 8, answerable: 7, limitedBy: 'funds' })
    expect(of(8)).toMatchObject({ channels: 8, answerable: 8 })
    expect(of(1_000)).toMatchObject({ limitedBy: 'places' })
  })

  it('is not told of nothing', () => {
    expect(capacityFor([], { places: 16, secondsPerBlock: 12 }, 12)).toBeUndefined()
  })
})
