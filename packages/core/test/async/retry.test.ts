import { describe, expect, it } from 'vitest'
import { retry } from '../../src/async/retry.ts'
import { type Clock, WatcherError } from '../../src/index.ts'

function setup() {
  const slept: number[] = []
  const clock: Clock = {
    now: () => 0,
    async sleep(ms, { signal } = {}) {
      signal?.throwIfAborted()
      slept.push(ms)
    },
  }
  return { slept, deps: { clock, random: () => 0 } }
}

const never = new AbortController().signal

describe('retry', () => {
  it('repeats a task until it succeeds, with growing pauses', async () => {
    const { slept, deps } = setup()
    let left = 9
    const result = await retry(
      deps,
      async () => {
        left -= 1
        if (left > 0) throw new Error('not yet')
        return 'done'
      },
      never,
    )
    expect(result).toBe('done')
    expect(slept).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 15_000])
  })

  it('repeats what an error says is worth repeating, and nothing else', async () => {
    const { slept, deps } = setup()
    const failures: readonly unknown[] = [new WatcherError('STORE_FAILED', 'full'), 'just a string']
    let calls = 0
    const refused = new WatcherError('CHAIN_MISMATCH', 'another chain')
    const task = async (): Promise<never> => {
      throw failures[calls++] ?? refused
    }
    await expect(retry(deps, task, never)).rejects.toBe(refused)
    expect(slept).toHaveLength(2)
  })

  it('does not even begin under an aborted signal', async () => {
    const { deps } = setup()
    const reason = new Error('enough')
    let calls = 0
    const task = async (): Promise<void> => {
      calls += 1
    }
    await expect(retry(deps, task, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(calls).toBe(0)
  })

  it('gives up with the error of the task when the signal aborts while it runs', async () => {
    const { slept, deps } = setup()
    const controller = new AbortController()
    const task = async (): Promise<never> => {
      controller.abort()
      throw new Error('broken off')
    }
    await expect(retry(deps, task, controller.signal)).rejects.toThrow('broken off')
    expect(slept).toEqual([])
  })

  it('gives up in the middle of a pause', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const clock: Clock = {
      now: () => 0,
      sleep: (_, { signal } = {}) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
          controller.abort(reason)
        }),
    }
    const task = async (): Promise<never> => Promise.reject(new Error('not yet'))
    await expect(retry({ clock, random: () => 0 }, task, controller.signal)).rejects.toBe(reason)
  })
})
