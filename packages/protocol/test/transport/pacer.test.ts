import { describe, expect, it } from 'vitest'
import { pacer } from '../../src/transport/pacer.ts'

describe('a pacer', () => {
  it('lets a second of work pass at once, and then as much as is earned', () => {
    const bucket = pacer(10)
    for (let count = 0; count < 10; count++) bucket.spend(1, 0)
    expect(bucket.delayMs(0)).toBe(0)
    bucket.spend(5, 0)
    expect(bucket.delayMs(0)).toBe(500)
    expect(bucket.delayMs(300)).toBe(200)
    expect(bucket.delayMs(10_000)).toBe(0)
  })

  it('earns nothing when the clock goes back', () => {
    const bucket = pacer(10)
    bucket.spend(20, 1_000)
    expect(bucket.delayMs(0)).toBe(1_000)
  })
})
