import type { Clock } from '@perun-watcher/core'
import { withScope } from '../runtime/abort.ts'

/** A wait that can be cut short. */
export interface Waker {
  /** Ends the current wait, or else the next one at once: no wake is lost. */
  wake(): void
  /** Rejects with the signal's reason when it aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export function waker(clock: Clock): Waker {
  let woken = false
  let stopWaiting: (() => void) | undefined
  return {
    wake() {
      woken = true
      stopWaiting?.()
    },
    async wait(ms, signal) {
      signal.throwIfAborted()
      if (!woken && ms > 0) {
        await withScope(signal, async (scope) => {
          stopWaiting = () => scope.abort()
          await clock.sleep(ms, { signal: scope.signal }).catch((error: unknown) => {
            // Woken, not closed: the one abort that is no failure.
            if (!woken || signal.aborted) throw error
          })
        })
      }
      stopWaiting = undefined
      woken = false
    },
  }
}
