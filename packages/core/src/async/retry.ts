import { retryDelayMs } from '../dispute/timing.ts'
import { isWatcherError } from '../errors/watcher-error.ts'
import type { Clock, Random } from '../spi/runtime.ts'

export interface RetryDeps {
  readonly clock: Clock
  readonly random: Random
}

/**
 * Repeats a task until it succeeds, with growing pauses. Gives up, with the task's error, only when the signal aborts or
 * the error says that repeating is useless.
 */
export async function retry<T>(deps: RetryDeps, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    try {
      return await task()
    } catch (error) {
      if (signal.aborted || (isWatcherError(error) && !error.retryable)) throw error
      await deps.clock.sleep(retryDelayMs(failures, undefined, deps.random), { signal })
    }
  }
}
