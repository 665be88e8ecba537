import { describe, expect, it } from 'vitest'
import { firstOf } from '../../src/async/first-of.ts'

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
