import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/index.ts'
import { concurrencyLimit } from '../../src/watcher/concurrency-limit.ts'
import { withTimeLimit } from '../../src/watcher/time-limit.ts'

/** A clock whose pauses the test ends. */
function manualClock() {
  const sleeping = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    sleep: (_, { signal } = {}) =>
      new Promise((resolve, reject) => {
        sleeping.add(resolve)
        signal?.addEventListener('abort', () => {
          sleeping.delete(resolve)
          reject(signal.reason)
        })
      }),
  }
  const ring = (): void => {
    for (const wake of sleeping) wake()
  }
  return { clock, sleeping, ring }
}

describe('withTimeLimit', () => {
  const expired = (): Error => new Error('too slow')

  it('hands on what the call brings, and leaves no pause behind', async () => {
    const { clock, sleeping } = manualClock()
    const limit = { clock, limitMs: 10, expired }
    expect(await withTimeLimit(limit, async () => 7)).toBe(7)
    await expect(withTimeLimit(limit, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(sleeping.size).toBe(0)
  })

  it('gives up a call that takes too long, whatever becomes of it later', async () => {
    const { clock, ring } = manualClock()
    let fail = (_: Error): void => {}
    const call = new Promise<never>((_, reject) => {
      fail = reject
    })
    const limited = withTimeLimit({ clock, limitMs: 10, expired }, () => call)
    ring()
    await expect(limited).rejects.toThrow('too slow')
    fail(new Error('late'))
    await setImmediate()
  })
})

describe('concurrencyLimit', () => {
  it('never runs more tasks than allowed, runs all of them, in order, failures or not', async () => {
    const inTurn = concurrencyLimit(3)
    const begun: number[] = []
    let running = 0
    let most = 0
    const tasks = Array.from({ length: 20 }, (_, at) =>
      inTurn(async () => {
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
    expect(await inTurn(async () => 'still works')).toBe('still works')
  })
})
