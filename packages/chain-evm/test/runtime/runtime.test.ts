import { systemClock } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { waker } from '../../src/logs/waker.ts'
import { withScope } from '../../src/runtime/abort.ts'
import { mapConcurrently } from '../../src/runtime/map-concurrently.ts'
import { manualClock } from '../support/clocks.ts'

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false
  promise.then(
    () => (done = true),
    () => (done = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('the machine clock', () => {
  it('sleeps, and wakes with the reason of an abort', async () => {
    const before = systemClock.now()
    await systemClock.sleep(1)
    expect(systemClock.now()).toBeGreaterThan(before)
    const reason = new Error('enough')
    const abort = new AbortController()
    const sleep = systemClock.sleep(2 ** 40, { signal: abort.signal })
    expect(await settled(sleep)).toBe(false)
    abort.abort(reason)
    await expect(sleep).rejects.toBe(reason)
    await expect(systemClock.sleep(1, { signal: abort.signal })).rejects.toBe(reason)
  })
})

describe('a wait that can be cut short', () => {
  it('ends in time, on a wake, or at once after a wake that came early', async () => {
    const clock = manualClock()
    const { wake, wait } = waker(clock)
    const { signal } = new AbortController()
    const inTime = wait(10, signal)
    clock.advance(10)
    await inTime
    const woken = wait(10, signal)
    wake()
    await woken
    wake()
    await wait(10, signal)
    const next = wait(10, signal)
    expect(await settled(next)).toBe(false)
    clock.advance(10)
    await next
    expect(clock.sleepers).toBe(0)
  })

  it('ends with the reason of an abort', async () => {
    const { wait } = waker(manualClock())
    const abort = new AbortController()
    const waiting = wait(10, abort.signal)
    const reason = new Error('closed')
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(wait(0, abort.signal)).rejects.toBe(reason)
  })
})

describe('signals', () => {
  it('end with the scope of the work', async () => {
    let inner: AbortSignal | undefined
    await withScope(undefined, async ({ signal }) => {
      inner = signal
    })
    expect(inner?.aborted).toBe(true)
  })
})

describe('mapping concurrently', () => {
  it('keeps the order and the limit', async () => {
    let running = 0
    let most = 0
    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (n) => {
      running += 1
      most = Math.max(most, running)
      for (let i = 0; i < n; i++) await Promise.resolve()
      running -= 1
      return n * 10
    })
    expect(results).toEqual([50, 10, 40, 20, 30])
    expect(most).toBe(2)
    expect(await mapConcurrently([], 2, async () => 1)).toEqual([])
  })

  it('fails with the first failure', async () => {
    const fail = mapConcurrently([1, 2], 2, async (n) => {
      if (n === 2) throw new Error('two')
      return n
    })
    await expect(fail).rejects.toThrow('two')
  })
})
