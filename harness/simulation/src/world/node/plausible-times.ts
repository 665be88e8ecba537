import type { ChainTime } from '@perun-watcher/core'

/** What time it may be on the chain, as far as anybody can tell who hears of heads and has a clock. */
export interface PlausibleTimes {
  /** A head was told with this time. */
  tell(head: { readonly number: bigint; readonly timestamp: ChainTime }): void
  readonly now: readonly ChainTime[]
}

interface Told {
  readonly number: bigint
  readonly timestamp: ChainTime
  readonly atMs: number
}

/** Seconds by which a head may differ from the clock before its time is doubted. */
const slack = 60n

/**
 * That of the newest head; that and what has passed since, because the next block has that; and, while the head's time is out of
 * step with the heads before it and no further one has agreed with it, what it should be by those.
 */
export function plausibleTimes(nowMs: () => number): PlausibleTimes {
  let newest: Told | undefined
  let outOfStepWith: Told | undefined

  const later = ({ timestamp, atMs }: Told): ChainTime => timestamp + BigInt(Math.floor((nowMs() - atMs) / 1_000))

  function isInStep(timestamp: ChainTime, told: Told): boolean {
    return timestamp >= told.timestamp && timestamp <= later(told) + slack
  }

  return {
    tell({ number, timestamp }) {
      const before = newest
      newest = { number, timestamp, atMs: nowMs() }
      if (before === undefined) return
      const agrees = isInStep(timestamp, before)
      if (outOfStepWith === undefined) outOfStepWith = agrees ? undefined : before
      else if ((agrees && number > before.number) || isInStep(timestamp, outOfStepWith)) outOfStepWith = undefined
    },
    get now() {
      const hints = [newest, outOfStepWith].filter((each) => each !== undefined)
      return [...(newest === undefined ? [] : [newest.timestamp]), ...hints.map(later)]
    },
  }
}
