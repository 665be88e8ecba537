import type { Random } from '../spi/runtime.ts'

/** How long to wait between attempts. */
export interface BackOff {
  /** Milliseconds after the first failure, about; doubled with each further one. */
  readonly firstDelayMs: number
  /** Milliseconds; never longer than this. */
  readonly longestDelayMs: number
}

/** For a store or a node that fails: soon again at first, twice a minute in the end. */
export const defaultBackOff: BackOff = { firstDelayMs: 250, longestDelayMs: 30_000 }

/** Beyond that every delay is the longest; keeps the power finite. */
const mostDoublings = 30

/**
 * How long to wait after the `failures`-th failure in a row, from 1 on: twice as long each time, with jitter: between half
 * and all of what is due, so that those who failed together do not come back together.
 */
export function backOffMs(failures: number, { firstDelayMs, longestDelayMs }: BackOff, random: Random): number {
  const due = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, mostDoublings))
  return due * (0.5 + random() / 2)
}
