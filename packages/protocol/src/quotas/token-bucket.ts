/** How fast tokens come, and how many there can be. */
export interface Rate {
  readonly perSecond: number
  /** At least 1. */
  readonly burst: number
}

/** What is left of a bucket that was not full. `undefined` stands for a full one: nothing has to be kept of it. */
export interface TokenBucket {
  /** Tokens at the time `at`. */
  readonly tokens: number
  /** Milliseconds. */
  readonly at: number
}

export type Taken =
  | { readonly isTaken: true; readonly bucket: TokenBucket }
  /** There will be a token after so many milliseconds. */
  | { readonly isTaken: false; readonly waitMs: number }

/** Also where the clock was set back or the rate was changed since: never less than there was, never more than a burst. */
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
