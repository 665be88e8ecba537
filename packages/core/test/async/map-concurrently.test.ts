import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/async/deferred.ts'
import { mapConcurrently } from '../../src/async/map-concurrently.ts'

const items = Array.from({ length: 20 }, (_, at) => at)

describe('mapConcurrently', () => {
  it('maps all in order, with no more calls at a time than allowed', async () => {
    let running = 0
    let most = 0
    const mapped = await mapConcurrently(items, 3, async (at) => {
      running += 1
      most = Math.max(most, running)
      for (let turn = 0; turn <= at % 4; turn++) await setImmediate()
      running -= 1
      return at * 2
    })
    expect(mapped).toEqual(items.map((at) => at * 2))
    expect(most).toBe(3)
  })

  it('maps nothing, and fewer items than it may', async () => {
    expect(await mapConcurrently([], 3, async (at) => at)).toEqual([])
    expect(await mapConcurrently([1, 2], 3, async (at) => at)).toEqual([1, 2])
  })

  it('keeps results that are undefined', async () => {
    expect(await mapConcurrently([1, 2], 1, async () => undefined)).toEqual([undefined, undefined])
  })

  it('begins nothing after the first failure, and does not wait for the calls under way', async () => {
    const begun: number[] = []
    const slow = deferred<void>()
    const mapping = mapConcurrently(items, 3, async (at) => {
      begun.push(at)
      if (at === 1) throw new Error('the first')
      await slow.promise
      if (at === 2) throw new Error('the second')
    })
    await expect(mapping).rejects.toThrow('the first')
    slow.resolve()
    await setImmediate()
    expect(begun).toEqual([0, 1, 2])
  })
})
