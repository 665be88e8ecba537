/** How fast tokens are added, and how many fit into the bucket. */
export interface Rate {
  readonly perSecond: number
  /** At least 1. */
  readonly burst: number
}

/** A bucket that was not full. A full one is `undefined` and need not be kept. */
export interface TokenBucket {
  /**
   * What was in it at the time `at`, in thousandths of a token: what a whole rate adds in a millisecond is then a
   * whole number, and who waited as long as told is never refused for a rounding error.
   */
  readonly thousandths: number
  /** Milliseconds. */
  readonly at: number
}

export type Taken =
  | { readonly isTaken: true; readonly bucket: TokenBucket }
  /** Milliseconds until there is a token. */
  | { readonly isTaken: false; readonly waitMs: number }

/** One token. */
const token = 1_000

/** Never less than before and never more than a burst, even if the clock was set back or the rate changed. */
function thousandthsAt(bucket: TokenBucket | undefined, { perSecond, burst }: Rate, now: number): number {
  if (bucket === undefined) return burst * token
  const come = Math.max(0, now - bucket.at) * perSecond
  return Math.min(burst * token, bucket.thousandths + come)
}

/** Takes one token, if there is one. */
export function takeToken(bucket: TokenBucket | undefined, rate: Rate, now: number): Taken {
  const thousandths = thousandthsAt(bucket, rate, now)
  if (thousandths >= token) return { isTaken: true, bucket: { thousandths: thousandths - token, at: now } }
  return { isTaken: false, waitMs: Math.ceil((token - thousandths) / rate.perSecond) }
}

/** Whether the bucket can be forgotten. */
export function isFull(bucket: TokenBucket, rate: Rate, now: number): boolean {
  return thousandthsAt(bucket, rate, now) >= rate.burst * token
}
