import { WatcherError } from '@perun-watcher/core'
import { deferred } from '@perun-watcher/core/internal'
import { describe, expect, it } from 'vitest'
import { inbox, type ReceiveLimiter } from '../../src/adapter.ts'

const message = (byte: number): Uint8Array => Uint8Array.of(byte)
const lost = new WatcherError('CONNECTION_LOST', 'lost')

function setup({ ready = () => undefined }: Partial<ReceiveLimiter> = {}) {
  const held: number[] = []
  const limiter: ReceiveLimiter = {
    arrived: (cost) => void held.push(cost),
    left: (_, cost) => void held.splice(held.indexOf(cost), 1),
    ready,
  }
  const taken: number[] = []
  const costOf = ({ length }: Uint8Array): number => length + 10
  const box = inbox({ costOf, onTaken: (cost) => void taken.push(cost), limiter })
  return { ...box, held, taken }
}

describe('an inbox', () => {
  it('gives messages in order, and wakes a reader that waits for one', async () => {
    const { push, receive, held, taken } = setup()
    const first = receive()
    push(message(1))
    push(message(2))
    expect(await first).toEqual(message(1))
    expect(held).toEqual([11])
    expect(await receive()).toEqual(message(2))
    expect(held).toEqual([])
    expect(taken).toEqual([11, 11])
  })

  it('gives what has come before its end, then the end; nothing comes behind it', async () => {
    const { push, receive, end, held } = setup()
    push(message(1))
    end(undefined)
    end(lost)
    push(message(2))
    expect(held).toEqual([11])
    expect(await receive()).toEqual(message(1))
    expect(await receive()).toBeUndefined()
  })

  it('fails behind what has come before a failure', async () => {
    const { push, receive, end } = setup()
    push(message(1))
    end(lost)
    expect(await receive()).toEqual(message(1))
    await expect(receive()).rejects.toBe(lost)
  })

  it('gives nothing once it was dropped, and frees what waited', async () => {
    const { push, receive, drop, held, taken } = setup()
    push(message(1))
    drop(lost)
    await expect(receive()).rejects.toBe(lost)
    expect([held, taken]).toEqual([[], []])
  })

  it('is as slow as the limits want it; whoever gives up, or drops it, waits no longer', async () => {
    const pause = deferred<void>()
    const asked: (AbortSignal | undefined)[] = []
    const ready: ReceiveLimiter['ready'] = ({ signal }) => {
      asked.push(signal)
      signal?.addEventListener('abort', () => pause.reject(signal.reason))
      return pause.promise
    }
    const { push, receive, drop, held } = setup({ ready })
    push(message(1))
    const slow = receive()
    slow.catch(() => undefined)
    expect(held).toEqual([11])
    drop(lost)
    await expect(slow).rejects.toBe(lost)
    expect(asked[0]?.aborted).toBe(true)
    const signal = AbortSignal.abort(new Error('given up'))
    await expect(receive({ signal })).rejects.toThrow('given up')
  })
})
