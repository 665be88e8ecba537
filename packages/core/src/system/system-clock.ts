/**
 * The machine's own clock and chance, for programs to hand in. Apart from this file, nothing in this package knows the
 * time or draws lots; the main entry point does not import it.
 *
 * @packageDocumentation
 */
import type { Clock, Random } from '../spi/runtime.ts'

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, { signal } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

export const systemRandom: Random = Math.random
