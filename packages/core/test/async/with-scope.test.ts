import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { withScope } from '../../src/async/with-scope.ts'

describe('a scope', () => {
  it('ends with the work, failed or not, and leaves no listener behind', async () => {
    const outer = new AbortController()
    const inner: AbortSignal[] = []
    const done = withScope(outer.signal, async ({ signal }) => {
      inner.push(signal)
      return signal.aborted
    })
    expect(await done).toBe(false)
    const failing = withScope(undefined, async ({ signal }) => {
      inner.push(signal)
      throw new Error('broken')
    })
    await expect(failing).rejects.toThrow('broken')
    expect(inner.map(({ aborted }) => aborted)).toEqual([true, true])
    expect(getEventListeners(outer.signal, 'abort')).toEqual([])
  })

  it('ends with the signal around it, with its reason', async () => {
    const outer = new AbortController()
    const reason = new Error('enough')
    const waiting = withScope(outer.signal, ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    outer.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(withScope(outer.signal, async () => 1)).rejects.toBe(reason)
  })
})
