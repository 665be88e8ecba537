import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { semaphore } from '../../src/async/semaphore.ts'

const owners = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 3 })

describe('semaphore', () => {
  it('never runs more tasks than allowed, and all of them, failures or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(owners, { maxLength: 30 }), async (permits, tasks) => {
        const turns = semaphore<string>(permits)
        let [running, most] = [0, 0]
        const settled = await Promise.allSettled(
          tasks.map((of, at) =>
            turns.run(of, async () => {
              running += 1
              most = Math.max(most, running)
              for (let turn = 0; turn <= at % 3; turn++) await setImmediate()
              running -= 1
              if (at % 5 === 0) throw new Error(`${at}`)
            }),
          ),
        )
        expect(most).toBe(Math.min(permits, tasks.length))
        expect(settled).toHaveLength(tasks.length)
        expect(running).toBe(0)
        expect(await turns.run([], async () => 'still works')).toBe('still works')
      }),
      { numRuns: 50 },
    )
  })

  it('lets whoever comes new wait for one task of each of the others at most, however many they have', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20 }), async (others, each) => {
        const turns = semaphore<number>(1)
        const order: number[] = []
        const task = (owner: number) => turns.run([owner], async () => void order.push(owner))
        const all = Array.from({ length: others * each }, (_, at) => task(at % others))
        all.push(task(others))
        await Promise.all(all)
        expect(order.indexOf(others)).toBeLessThanOrEqual(others + 1)
      }),
      { numRuns: 50 },
    )
  })

  it('runs what is for several in the first of their turns, once', async () => {
    const turns = semaphore<string>(1)
    const order: string[] = []
    const task = (of: readonly string[], name: string) => turns.run(of, async () => void order.push(name))
    await Promise.all([
      task(['a'], 'a1'),
      task(['a'], 'a2'),
      task(['a'], 'a3'),
      task(['a', 'b'], 'of both'),
      task(['b'], 'b1'),
    ])
    expect(order).toEqual(['a1', 'a2', 'of both', 'a3', 'b1'])
  })
})
