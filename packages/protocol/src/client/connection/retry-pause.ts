import type { Random, WatcherError } from '@perun-watcher/core'
import { type BackOff, backOffMs } from '@perun-watcher/core/internal'

/**
 * Milliseconds to wait before a failed attempt is repeated.
 *
 * @param failures in a row, from 1 on.
 * @returns never less than the watcher asked for.
 */
export function retryPauseMs(
  { retryAfterMs = 0 }: WatcherError,
  failures: number,
  { backOff, random }: { readonly backOff: BackOff; readonly random: Random },
): number {
  return Math.max(retryAfterMs, backOffMs(failures, backOff, random))
}
