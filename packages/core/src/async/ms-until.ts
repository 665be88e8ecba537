import type { Clock } from '../spi/runtime.ts'

/**
 * Whole milliseconds until an instant by the clock, 0 or less if it has come. Rounded up: asked to sleep for less than it can
 * tell apart, a clock may not move at all, and whoever waits in a loop would do so for ever.
 */
export function msUntil(clock: Pick<Clock, 'now'>, atMs: number): number {
  return Math.ceil(atMs - clock.now())
}
