import { describe, expect, it } from 'vitest'
import { wakeSignal } from '../../src/async/wake-signal.ts'

describe('wakeSignal', () => {
  it('wakes everybody who waits for more than was seen', async () => {
    const signal = wakeSignal()
    const waiting = [signal.after(0), signal.after(0)]
    signal.wake()
    await Promise.all(waiting)
    expect(signal.count).toBe(1)
  })

  it('does not let anybody miss a change between looking and waiting', async () => {
    const signal = wakeSignal()
    const seen = signal.count
    signal.wake()
    await signal.after(seen)
  })

  it('makes those wait who have seen everything', async () => {
    const signal = wakeSignal()
    signal.wake()
    const waiting = signal.after(1).then(() => 'woken')
    expect(await Promise.race([waiting, Promise.resolve('asleep')])).toBe('asleep')
    signal.wake()
    expect(await waiting).toBe('woken')
  })

  it('rejects with the reason of an abort, and only the waiter who asked for it', async () => {
    const signal = wakeSignal()
    const reason = new Error('enough')
    const controller = new AbortController()
    const aborted = signal.after(0, { signal: controller.signal })
    const patient = signal.after(0)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await expect(signal.after(0, { signal: controller.signal })).rejects.toBe(reason)
    signal.wake()
    await patient
  })
})
