import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inTurns, keyedMutex } from '../../src/async/keyed-mutex.ts'

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

describe('keyedMutex', () => {
  it('runs tasks of one key one after the other in order, and those of other keys beside them', async () => {
    const task = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      turns: fc.integer({ min: 0, max: 3 }),
      fails: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 12 }), async (tasks) => {
        const mutex = keyedMutex<string>()
        const running = new Set<string>()
        const done: string[] = []
        const results = tasks.map(({ key, turns: length, fails }, at) =>
          mutex.run(key, async () => {
            expect(running.has(key)).toBe(false)
            running.add(key)
            await turns(length)
            running.delete(key)
            done.push(`${key} ${at}`)
            if (fails) throw new Error(`${at}`)
            return at
          }),
        )
        const settled = await Promise.allSettled(results)
        for (const [at, result] of settled.entries()) {
          expect(result.status).toBe(tasks[at]?.fails ? 'rejected' : 'fulfilled')
          if (result.status === 'fulfilled') expect(result.value).toBe(at)
        }
        for (const key of ['a', 'b', 'c']) {
          const inOrder = tasks.flatMap((each, at) => (each.key === key ? [`${key} ${at}`] : []))
          expect(done.filter((each) => each.startsWith(key))).toEqual(inOrder)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('does not let a task that hangs hold up another key', async () => {
    const mutex = keyedMutex<string>()
    void mutex.run('a', () => new Promise(() => {}))
    expect(await mutex.run('b', async () => 7)).toBe(7)
  })

  it('goes on after a task that throws at once', async () => {
    const mutex = keyedMutex<string>()
    const failing = mutex.run('a', () => {
      throw new Error('at once')
    })
    await expect(failing).rejects.toThrow('at once')
    expect(await mutex.run('a', async () => 1)).toBe(1)
  })

  it('is idle only when nothing runs or waits, also what was added while it was waited for', async () => {
    const mutex = keyedMutex<string>()
    await mutex.idle()
    const done: number[] = []
    const add = (length: number): Promise<void> =>
      mutex.run('a', async () => {
        await turns(length)
        done.push(length)
        if (length > 0) void add(length - 1)
      })
    void add(3)
    await mutex.idle()
    expect(done).toEqual([3, 2, 1, 0])
  })

  it('is idle after failures as well', async () => {
    const mutex = keyedMutex<string>()
    const failing = mutex.run('a', async () => Promise.reject(new Error('no')))
    await Promise.allSettled([failing])
    await mutex.idle()
  })
})

describe('inTurns', () => {
  it('takes several keys in one order, so that calls which name them in another do not wait for each other', async () => {
    const mutex = keyedMutex<string>()
    let running = 0
    const task = async (): Promise<void> => {
      running += 1
      expect(running).toBe(1)
      await turns(2)
      running -= 1
    }
    await Promise.all([inTurns(mutex, ['b', 'a'], task), inTurns(mutex, ['a', 'b'], task), inTurns(mutex, ['b'], task)])
    expect(mutex.size).toBe(0)
  })
})
