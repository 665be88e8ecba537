import { getEventListeners } from 'node:events'
import { raceSignal } from '@perun-watcher/core/internal'
import { describe, expect, it } from 'vitest'

const never = new Promise<never>(() => {})

describe('a race against a signal', () => {
  it('ends a wait for work that takes none, with the reason', async () => {
    const caller = new AbortController()
    const reason = new Error('enough')
    const race = raceSignal(never, caller.signal)
    caller.abort(reason)
    await expect(race).rejects.toBe(reason)
    await expect(raceSignal(Promise.resolve(1), caller.signal)).rejects.toBe(reason)
  })

  it('gives what the work gives, and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    const failure = new Error('broken')
    expect(await raceSignal(Promise.resolve(1), signal)).toBe(1)
    await expect(raceSignal(Promise.reject(failure), signal)).rejects.toBe(failure)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('is no race without a signal', async () => {
    expect(await raceSignal(Promise.resolve(1), undefined)).toBe(1)
  })
})
