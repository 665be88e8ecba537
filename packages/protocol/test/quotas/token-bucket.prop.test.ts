import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rateLimiter } from '../../src/quotas/rate-limiter.ts'
import { isFull, type TokenBucket, takeToken } from '../../src/quotas/token-bucket.ts'

const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 50 }) })
const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 })

describe('a token bucket', () => {
  it('never gives more than a burst and what came since, and gives that', () => {
    fc.assert(
      fc.property(rate, pauses, (of, times) => {
        let bucket: TokenBucket | undefined
        let [now, given] = [0, 0]
        for (const pause of times) {
          now += pause
          const taken = takeToken(bucket, of, now)
          const most = of.burst + (now * of.perSecond) / 1_000
          if (taken.isTaken) given += 1
          else expect(takeToken(bucket, of, now + taken.waitMs).isTaken).toBe(true)
          if (taken.isTaken) ({ bucket } = taken)
          expect(given).toBeLessThanOrEqual(most + 1e-6)
        }
      }),
      // A wait of 685 ms ended one rounding error short of a token.
      { examples: [[{ perSecond: 1, burst: 2 }, [0, 126, 189]]], numRuns: 1_000 },
    )
  })

  it('says how long it takes until there is one, and not longer than needed', () => {
    const of = { perSecond: 10, burst: 1 }
    const first = takeToken(undefined, of, 0)
    if (!first.isTaken) throw new Error('it was full')
    expect(takeToken(first.bucket, of, 30)).toEqual({ isTaken: false, waitMs: 70 })
    expect(takeToken(first.bucket, of, 99).isTaken).toBe(false)
    expect(takeToken(first.bucket, of, 100).isTaken).toBe(true)
  })

  it('gives nothing for a clock that was set back', () => {
    const of = { perSecond: 1_000, burst: 1 }
    const first = takeToken(undefined, of, 5_000)
    if (!first.isTaken) throw new Error('it was full')
    expect(takeToken(first.bucket, of, 0).isTaken).toBe(false)
    expect(isFull(first.bucket, of, 0)).toBe(false)
  })
})

describe('a rate limiter', () => {
  it('keeps keys apart, and answers as one that forgets nothing', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b'), pause: fc.integer({ min: 0, max: 500 }) })
    fc.assert(
      fc.property(rate, fc.array(step, { maxLength: 100 }), (of, steps) => {
        let now = 0
        const limiter = rateLimiter({ now: () => now })
        const naive = new Map<string, TokenBucket>()
        for (const { key, pause } of steps) {
          now += pause
          const expected = takeToken(naive.get(key), of, now)
          if (expected.isTaken) naive.set(key, expected.bucket)
          expect(limiter.take(key, of)).toBe(expected.isTaken ? 0 : expected.waitMs)
        }
      }),
    )
  })

  it('forgets those that are full again, however many keys there were', () => {
    let now = 0
    const limiter = rateLimiter({ now: () => now })
    const of = { perSecond: 1, burst: 1 }
    for (let key = 0; key < 20_000; key++) {
      limiter.take(`key ${key}`, of)
      now += 10
    }
    // A bucket is full after 1 000 ms, so 100 of them are not.
    expect(limiter.size).toBeLessThan(1_024)
    limiter.take('busy', of)
    for (let key = 0; key < 2_000; key++) limiter.take(`again ${key}`, of)
    expect(limiter.take('busy', of)).toBe(1_000)
  })
})
