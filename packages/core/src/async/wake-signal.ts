import type { AbortOptions } from '../spi/runtime.ts'

/** A counter that can be waited for: whoever read it before looking at the world misses no change after. */
export interface WakeSignal {
  readonly count: number
  wake(): void
  /** Resolves once the counter is higher than `count`; rejects with the signal's reason. */
  after(count: number, options?: AbortOptions): Promise<void>
}

export function wakeSignal(): WakeSignal {
  let count = 0
  const waiters = new Set<() => void>()

  return {
    get count() {
      return count
    },
    wake() {
      count += 1
      if (waiters.size === 0) return
      const woken = [...waiters]
      waiters.clear()
      for (const resolve of woken) resolve()
    },
    after(seen, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        if (count > seen) return resolve()
        if (signal === undefined) {
          waiters.add(resolve)
          return
        }
        const onAbort = (): void => {
          waiters.delete(onWake)
          reject(signal.reason)
        }
        const onWake = (): void => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
        waiters.add(onWake)
        signal.addEventListener('abort', onAbort, { once: true })
      })
    },
  }
}
