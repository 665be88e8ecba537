import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { semaphore } from '../../src/async/semaphore.ts'

describe('concurrencyLimit', () => {
  it('never runs more tasks than allowed, runs all of them, in order, failures or not', async () => {
    const permits = semaphore(3)
    const begun: number[] = []
    let running = 0
    let most = 0
    const tasks = Array.from({ length: 20 }, (_, at) =>
      permits.run(async () => {
        begun.push(at)
        running += 1
        most = Math.max(most, running)
        for (let turn = 0; turn <= at % 4; turn++) await setImmediate()
        running -= 1
        if (at % 5 === 0) throw new Error(`${at}`)
        return at
      }),
    )
    const settled = await Promise.allSettled(tasks)
    expect(most).toBe(3)
    expect(begun).toEqual(begun.toSorted((a, b) => a - b))
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(4)
    expect(await permits.run(async () => 'still works')).toBe('still works')
  })
})
