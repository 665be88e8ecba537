/** How much may happen in a second, with as much again at once. Paid afterwards, so that something larger passes as well. */
export interface Pacer {
  spend(amount: number, now: number): void
  /** Milliseconds until what was spent is earned. */
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
