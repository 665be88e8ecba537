import type { Clock } from '../spi/runtime.ts'

/**
 * The same clock, but it stands still for a moment where the one behind it is set back. Whoever waits until an instant would
 * otherwise wait for as long again as it was set back by.
 */
export function steadyClock(clock: Clock): Clock {
  let latestMs = Number.NEGATIVE_INFINITY
  /** By so much the clock has been set back in all. */
  let setBackMs = 0

  return {
    now() {
      const nowMs = clock.now() + setBackMs
      if (nowMs < latestMs) setBackMs += latestMs - nowMs
      else latestMs = nowMs
      return latestMs
    },
    sleep: (ms, options) => clock.sleep(ms, options),
  }
}
