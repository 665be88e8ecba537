/** How fast tokens are added, and how many fit into the bucket. */
export interface Rate {
  readonly perSecond: number
  /** At least 1. */
  readonly burst: number
}

/** A bucket that was not full. A full one is `undefined` and need not be kept. */
export interface TokenBucket {
  /** Tokens at the time `at`. */
  readonly tokens: number
  /** Milliseconds. */
  readonly at: number
}

export type Taken =
  | { readonly isTaken: true; readonly bucket: TokenBucket }
  /** Milliseconds until there is a token. */
  | { readonly isTaken: false; readonly waitMs: number }

/** Never less than before and never more than a burst, even if the clock was set back or the rate changed. */
function tokensAt(bucket: TokenBucket | undefined, { perSecond, burst }: Rate, now: number): number {
  if (bucket === undefined) return burst
  const come = (Math.max(0, now - bucket.at) * perSecond) / 1_000
  return Math.min(burst, bucket.tokens + come)
}

/** Takes one token, if there is one. */
export function takeToken(bucket: TokenBucket | undefined, rate: Rate, now: number): Taken {
  const tokens = tokensAt(bucket, rate, now)
  if (tokens >= 1) return { isTaken: true, bucket: { tokens: tokens - 1, at: now } }
  return { isTaken: false, waitMs: Math.ceil(((1 - tokens) * 1_000) / rate.perSecond) }
}

/** Whether the bucket can be forgotten. */
export function isFull(bucket: TokenBucket, rate: Rate, now: number): boolean {
  return tokensAt(bucket, rate, now) >= rate.burst
}
