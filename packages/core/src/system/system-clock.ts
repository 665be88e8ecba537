/**
 * The machine's own clock and chance, for programs to hand in. Apart from this file, nothing in this package knows the
 * time or draws lots; the main entry point does not import it.
 *
 * @packageDocumentation
 */
import type { Clock, Random } from '../spi/runtime.ts'

/** Longer timers fire at once (`setTimeout` counts in 32 bits). */
const longestTimerMs = 2 ** 31 - 1

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The clock of this machine. Monotonic: `now` does not jump when somebody sets the time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, { signal } = {}) {
    signal?.throwIfAborted()
    for (let left = ms; left > 0; left -= longestTimerMs) await wait(Math.min(left, longestTimerMs), signal)
  },
}

/** For jitter only, never for secrets. */
export const systemRandom: Random = () => Math.random()
