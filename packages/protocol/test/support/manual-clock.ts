import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@perun-watcher/core'

/** Time that passes when the test says so. */
export interface ManualClock extends Clock {
  /** Lets time pass, in the order in which sleepers wake, and everything run that can. */
  advance(ms: number): Promise<void>
  /** How many sleep: after a shutdown nobody may. */
  readonly sleepers: number
}

/** Lets everything run that can run without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

export function manualClock(): ManualClock {
  let now = 0
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>()

  return {
    now: () => now,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = (): void => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          due: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    async advance(ms) {
      const until = now + ms
      await settle()
      for (;;) {
        const [next] = [...sleepers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)
        if (next === undefined) break
        now = Math.max(now, next.due)
        sleepers.delete(next)
        next.wake()
        await settle()
      }
      now = until
    },
    get sleepers() {
      return sleepers.size
    },
  }
}
