import type { Clock } from '@perun-watcher/core'
import { isFull, type Rate, type TokenBucket, takeToken } from './token-bucket.ts'

/** One token bucket for each key that was used recently. */
export interface RateLimiter {
  /** Buckets in memory. */
  readonly size: number
  /** @returns 0 if there was a token, or the milliseconds until there is one. */
  take(key: string, rate: Rate): number
}

interface Kept {
  readonly bucket: TokenBucket
  readonly rate: Rate
}

/** With fewer buckets than these, full ones are not swept out. */
const fewBuckets = 1_024

export function rateLimiter(clock: Pick<Clock, 'now'>): RateLimiter {
  const kept = new Map<string, Kept>()
  let sweepAt = fewBuckets

  /** Runs when the number of buckets has doubled since the last sweep, so that the amortised cost per key is constant. */
  function sweep(now: number): void {
    for (const [key, { bucket, rate }] of kept) if (isFull(bucket, rate, now)) kept.delete(key)
    sweepAt = Math.max(fewBuckets, 2 * kept.size)
  }

  return {
    get size() {
      return kept.size
    },
    take(key, rate) {
      const now = clock.now()
      const taken = takeToken(kept.get(key)?.bucket, rate, now)
      if (!taken.isTaken) return taken.waitMs
      kept.set(key, { bucket: taken.bucket, rate })
      if (kept.size >= sweepAt) sweep(now)
      return 0
    },
  }
}
