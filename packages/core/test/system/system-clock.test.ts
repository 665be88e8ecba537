import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/system/system-clock.ts'

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
