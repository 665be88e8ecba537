/**
 * Limits a rate per second, with bursts of one second's worth. Charged afterwards, so that a single amount may exceed the
 * limit: it is paid off by waiting.
 */
export interface Pacer {
  spend(amount: number, now: number): void
  /** Milliseconds until what was spent is paid off. */
  delayMs(now: number): number
}

export function pacer(perSecond: number): Pacer {
  let tokens = perSecond
  let at = Number.NEGATIVE_INFINITY

  function earn(now: number): void {
    if (now > at) tokens = Math.min(perSecond, tokens + ((now - at) / 1000) * perSecond)
    at = now
  }

  return {
    spend(amount, now) {
      earn(now)
      tokens -= amount
    },
    delayMs(now) {
      earn(now)
      return Math.max(0, (-tokens / perSecond) * 1000)
    },
  }
}
