import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@perun-watcher/core'

/** A clock that jumps to the next sleeper whenever nothing else happens any more. */
export interface VirtualClock extends Clock {
  /** Lets time pass until `condition` holds; fails after so many milliseconds. */
  until(condition: () => boolean, withinMs: number): Promise<void>
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** Turns of the event loop after which nothing happens any more that does not wait for the clock. */
const quietTurns = 8

export function virtualClock(): VirtualClock {
  let now = 0
  const sleepers = new Set<Sleeper>()

  function wakeNext(): void {
    const next = [...sleepers].sort((a, b) => a.due - b.due)[0]
    if (next === undefined) throw new Error('Nobody waits for the time to pass.')
    now = Math.max(now, next.due)
    next.wake()
  }

  return {
    now: () => now,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        const end = (settle: () => void) => (): void => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', onAbort)
          settle()
        }
        const onAbort = end(() => reject(signal?.reason))
        const sleeper: Sleeper = { due: now + ms, wake: end(resolve) }
        signal?.addEventListener('abort', onAbort, { once: true })
        sleepers.add(sleeper)
      }),
    async until(condition, withinMs) {
      const deadline = now + withinMs
      for (;;) {
        for (let turn = 0; turn < quietTurns; turn++) await setImmediate()
        if (condition()) return
        if (now > deadline) throw new Error(`It did not happen within ${withinMs} ms.`)
        wakeNext()
      }
    },
  }
}
