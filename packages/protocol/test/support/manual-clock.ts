import type { Clock } from '@perun-watcher/core'
import { settle } from '../../../core/test/support/setup.ts'

export interface ManualClock extends Clock {
  /** How many wait for time to pass. */
  readonly sleepers: number
  /** Lets time pass, and everything run that can run then. */
  pass(ms: number): Promise<void>
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** Time that passes when the test says so. */
export function manualClock(): ManualClock {
  const sleepers = new Set<Sleeper>()
  let now = 0

  function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        due: now + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  return {
    now: () => now,
    get sleepers() {
      return sleepers.size
    },
    async sleep(ms, { signal } = {}) {
      signal?.throwIfAborted()
      await sleep(ms, signal)
    },
    async pass(ms) {
      await settle()
      const end = now + ms
      for (;;) {
        const [next] = [...sleepers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        now = Math.max(now, next.due)
        sleepers.delete(next)
        next.wake()
        await settle()
      }
      now = end
      await settle()
    },
  }
}
