import { isWatcherError } from '../errors/watcher-error.ts'
import type { Clock, Random } from '../spi/runtime.ts'
import { type BackOff, backOffMs, defaultBackOff } from './back-off.ts'

export interface RetryDeps {
  readonly clock: Clock
  readonly random: Random
  /** Default: {@link defaultBackOff}. */
  readonly backOff?: BackOff | undefined
}

/**
 * Repeats a task until it succeeds, with growing pauses. Gives up, with the task's error, only when the signal aborts or
 * the error says that repeating is useless.
 */
export async function retry<T>(deps: RetryDeps, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { clock, random, backOff = defaultBackOff } = deps
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted()
    try {
      return await task()
    } catch (error) {
      if (signal.aborted || (isWatcherError(error) && !error.retryable)) throw error
      await clock.sleep(backOffMs(failures, backOff, random), { signal })
    }
  }
}
