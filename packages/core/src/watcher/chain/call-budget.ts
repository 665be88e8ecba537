import type { Clock } from '../../spi/runtime.ts'

/** How many calls may be made, over time. */
export interface CallBudget {
  /** Resolves once one more call may be made; rejects with the signal's reason. */
  allowed(signal: AbortSignal): Promise<void>
  /** So many were made, which may be more than there were left: then the next one waits for longer. */
  spend(calls: number): void
}

const minuteMs = 60_000

/** So many minutes' worth may be made at once, where none was made for as long. */
const mostMinutesSaved = 5

export function callBudget(callsPerMinute: number, clock: Clock): CallBudget {
  const most = callsPerMinute * mostMinutesSaved
  let left = most
  let countedAt = clock.now()

  function count(): void {
    const now = clock.now()
    // A clock that was set back takes nothing away.
    const passedMs = Math.max(0, now - countedAt)
    left = Math.min(most, left + (passedMs / minuteMs) * callsPerMinute)
    countedAt = now
  }

  return {
    async allowed(signal) {
      for (count(); left < 1; count()) {
        await clock.sleep(Math.max(1, Math.ceil(((1 - left) / callsPerMinute) * minuteMs)), { signal })
      }
    },
    spend(calls) {
      left -= calls
    },
  }
}
