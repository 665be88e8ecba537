import { describe, expect, it } from 'vitest'
import { dice } from '../src/dice.ts'

describe('dice', () => {
  it('fall the same for the same seed, and differently for another', () => {
    const throws = (seed: number): readonly number[] => Array.from({ length: 20 }, dice(seed).next)
    expect(throws(7)).toEqual(throws(7))
    expect(throws(7)).not.toEqual(throws(8))
  })

  it('fork by name, whatever was thrown before', () => {
    const first = dice(7)
    const second = dice(7)
    second.next()
    expect(second.fork('chain').next()).toBe(first.fork('chain').next())
    expect(first.fork('chain').next()).not.toBe(first.fork('store').next())
  })

  it('reach both ends of a range and nothing beyond', () => {
    const one = dice(1)
    const thrown = new Set(Array.from({ length: 500 }, () => one.int(3, 6)))
    expect([...thrown].sort()).toEqual([3, 4, 5, 6])
  })
})
