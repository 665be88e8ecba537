import type { Random } from '@perun-watcher/core'

/** How long to wait between attempts. */
export interface BackOff {
  /** Milliseconds after the first failure, about; doubled with each further one. */
  readonly firstDelayMs: number
  /** Milliseconds; never longer than this. */
  readonly longestDelayMs: number
}

/**
 * The pause after so many failures in a row, from 1 on. Between half and all of what is due, so that clients that lost
 * their watcher together do not come back together.
 *
 * @param atLeastMs what the watcher asked for.
 */
export function delayMs(
  failures: number,
  { firstDelayMs, longestDelayMs }: BackOff,
  random: Random,
  atLeastMs = 0,
): number {
  const due = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 30))
  return Math.max(atLeastMs, due / 2 + (random() * due) / 2)
}
