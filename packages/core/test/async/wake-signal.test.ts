import { describe, expect, it } from 'vitest'
import { firstOf, wakeSignal } from '../../src/watcher/wake-signal.ts'

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

describe('firstOf', () => {
  const never = (): AbortSignal => new AbortController().signal
  const untilAborted = ({ signal }: { readonly signal: AbortSignal }): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })

  it('ends with the first wait, and ends the others before it returns', async () => {
    const ended: string[] = []
    const wait = (name: string) => async (options: { readonly signal: AbortSignal }) => {
      await untilAborted(options).catch(() => ended.push(name))
    }
    await firstOf(never(), [wait('a'), async () => {}, wait('b')])
    expect(ended).toEqual(['a', 'b'])
  })

  it('fails as the first wait fails', async () => {
    const failing = firstOf(never(), [untilAborted, async () => Promise.reject(new Error('broken'))])
    await expect(failing).rejects.toThrow('broken')
  })

  it('fails with the reason of an abort from outside', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = firstOf(controller.signal, [untilAborted])
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})
