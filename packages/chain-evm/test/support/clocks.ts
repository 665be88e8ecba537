import type { Clock } from '@perun-watcher/core'

export interface QuickClock extends Clock {
  /** What was slept, in milliseconds, in order. */
  readonly slept: readonly number[]
}

/** A clock on which every sleep is over at once, and time has passed. */
export function quickClock(): QuickClock {
  let now = 0
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    async sleep(ms, { signal } = {}) {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
      // Lets everything else happen first, as a real sleep would.
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
    },
  }
}

export interface ManualClock extends Clock {
  /** How many sleepers there are. */
  readonly sleepers: number
  advance(ms: number): void
}

/** A clock that stands still until told otherwise. */
export function manualClock(): ManualClock {
  let now = 0
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>()
  return {
    get sleepers() {
      return sleepers.size
    },
    now: () => now,
    advance(ms) {
      now += ms
      for (const sleeper of [...sleepers].filter(({ due }) => due <= now)) sleeper.wake()
    },
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        const done = (settle: () => void) => (): void => {
          sleepers.delete(sleeper)
          settle()
        }
        const sleeper = { due: now + ms, wake: done(resolve) }
        signal?.addEventListener(
          'abort',
          done(() => reject(signal.reason)),
          { once: true },
        )
        sleepers.add(sleeper)
      }),
  }
}
