import { describe, expect, it } from 'vitest'
import { turns } from '../../src/async/turns.ts'
import type { Clock } from '../../src/index.ts'

/** Sleeps until the test ends the turn. */
function steppedClock() {
  let ms = 0
  let wake: (() => void)[] = []
  const clock: Pick<Clock, 'now' | 'sleep'> = {
    now: () => ms,
    sleep: () => new Promise<void>((resolve) => wake.push(resolve)),
  }
  return {
    clock,
    /** So long did the turn take. */
    async end(tookMs = 0): Promise<void> {
      ms += tookMs
      const ready = wake
      wake = []
      for (const resolve of ready) resolve()
      for (let step = 0; step < 10; step++) await undefined
    },
  }
}

function working(options: Parameters<typeof turns>[1]) {
  const { clock, end } = steppedClock()
  const { next } = turns<string>(clock, options)
  const begun: string[] = []
  const ask = (owner: string, count: number): void => {
    for (let piece = 0; piece < count; piece++) void next([owner]).then(() => begun.push(owner))
  }
  return { ask, begun, end }
}

describe('turns', () => {
  it('let so many pieces begin in each, in turn among those for whom they are', async () => {
    const { ask, begun, end } = working({ least: 1, most: 4, ms: 50 })
    ask('a', 10)
    ask('b', 2)
    await Promise.resolve()
    expect(begun).toEqual(['a', 'a', 'a', 'a'])
    await end()
    expect(begun.slice(4)).toEqual(['a', 'b', 'a', 'b'])
    await end()
    await end()
    expect(begun).toHaveLength(12)
  })

  it('D10: hold fewer pieces after one that took long, never less than the least, and more again later', async () => {
    const { ask, begun, end } = working({ least: 2, most: 8, ms: 50 })
    const counts: number[] = []
    ask('a', 100)
    for (const tookMs of [0, 60, 60, 60, 60, 0, 0, 0, 0]) {
      await end(tookMs)
      counts.push(begun.length)
    }
    expect(counts.map((count, at) => count - (counts[at - 1] ?? 8))).toEqual([8, 4, 2, 2, 2, 4, 8, 8, 8])
  })
})
