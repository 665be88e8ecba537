import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/index.ts'
import { timeLimit } from '../../src/internal.ts'

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** A clock that stands still until the test moves it. */
function manualClock() {
  const sleeping = new Set<Sleeper>()
  let now = 0
  let sleeps = 0
  const clock: Clock = {
    now: () => now,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        sleeps += 1
        const sleeper = { due: now + ms, wake: resolve }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleeping.delete(sleeper)
          reject(signal.reason)
        })
      }),
  }
  return {
    clock,
    sleeping,
    get sleeps() {
      return sleeps
    },
    async pass(ms: number): Promise<void> {
      now += ms
      for (const sleeper of [...sleeping]) {
        if (sleeper.due > now) continue
        sleeping.delete(sleeper)
        sleeper.wake()
      }
      await setImmediate()
    },
  }
}

/** A call that the test ends. */
function openCall() {
  let answer = (_: string): void => {}
  let fail = (_: Error): void => {}
  const promise = new Promise<string>((resolve, reject) => {
    answer = resolve
    fail = reject
  })
  return { call: () => promise, answer, fail }
}

const expired = (): Error => new Error('too slow')

describe('a time limit', () => {
  it('hands on what the call brings, and leaves no pause behind', async () => {
    const { clock, sleeping } = manualClock()
    const limit = timeLimit(clock, 10)
    expect(await limit.run(async () => 7, expired)).toBe(7)
    await expect(limit.run(async () => Promise.reject(new Error('broken')), expired)).rejects.toThrow('broken')
    const thrown = limit.run(() => {
      throw new Error('at once')
    }, expired)
    await expect(thrown).rejects.toThrow('at once')
    expect(sleeping.size).toBe(0)
  })

  it('gives up a call that takes too long, whatever becomes of it later', async () => {
    for (const end of ['answer', 'fail'] as const) {
      const { clock, sleeping, pass } = manualClock()
      const { call, answer, fail } = openCall()
      const limited = timeLimit(clock, 10).run(call, expired)
      limited.catch(() => {})
      await pass(10)
      expect(sleeping.size).toBe(0)
      await expect(limited).rejects.toThrow('too slow')
      if (end === 'fail') fail(new Error('late'))
      else answer('late')
      await setImmediate()
    }
  })

  it('counts from the beginning of each call, and lets the others wait on', async () => {
    const { clock, pass } = manualClock()
    const limit = timeLimit(clock, 10)
    const ends: string[] = []
    const begin = (name: string) => {
      const { call, answer } = openCall()
      limit
        .run(call, () => new Error(`${name} was too slow`))
        .then(
          (brought) => ends.push(brought),
          (error: Error) => ends.push(error.message),
        )
      return answer
    }
    begin('first')
    await pass(4)
    begin('second')
    const answerThird = begin('third')
    await pass(5)
    expect(ends).toEqual([])
    await pass(1)
    expect(ends).toEqual(['first was too slow'])
    answerThird('third is there')
    await pass(3)
    expect(ends).toEqual(['first was too slow', 'third is there'])
    await pass(1)
    expect(ends).toEqual(['first was too slow', 'third is there', 'second was too slow'])
  })

  it('sleeps once for many calls that overlap', async () => {
    const time = manualClock()
    const limit = timeLimit(time.clock, 1_000)
    let before = openCall()
    void limit.run(before.call, expired)
    for (let calls = 0; calls < 100; calls++) {
      const next = openCall()
      void limit.run(next.call, expired)
      before.answer('done')
      before = next
      await time.pass(1)
    }
    expect(time.sleeps).toBe(1)
    before.answer('done')
    await setImmediate()
    expect(time.sleeping.size).toBe(0)
  })

  it('watches over the next call when the last one is just over', async () => {
    const { clock, pass } = manualClock()
    const limit = timeLimit(clock, 10)
    await limit.run(async () => 7, expired)
    const limited = limit.run(openCall().call, expired)
    limited.catch(() => {})
    await pass(10)
    await expect(limited).rejects.toThrow('too slow')
  })

  it('waits on when the clock wakes it too early', async () => {
    let now = 0
    const clock: Clock = {
      now: () => now,
      async sleep() {
        await setImmediate()
        now += 3
      },
    }
    await expect(timeLimit(clock, 10).run(openCall().call, expired)).rejects.toThrow('too slow')
    expect(now).toBe(12)
  })

  it('fails what waits where the clock fails, as nothing would ever be due', async () => {
    const clock: Clock = { now: () => 0, sleep: async () => Promise.reject(new Error('no clock')) }
    const limit = timeLimit(clock, 10)
    await expect(limit.run(openCall().call, expired)).rejects.toThrow('no clock')
    await expect(limit.run(openCall().call, expired)).rejects.toThrow('no clock')
  })
})
