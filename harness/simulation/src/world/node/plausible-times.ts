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

/** What was decided may be sent so long after that. */
const underWayMs = 30_000

/** Seconds by which a head may differ from the clock before its time is doubted. */
const slack = 60n

/**
 * That of the newest head; that and what has passed since, because the next block has that; and, while the head's time is out of
 * step with the heads before it and no further one has agreed with it, what it should be by those.
 */
export function plausibleTimes(nowMs: () => number): PlausibleTimes {
  let newest: Told | undefined
  let outOfStepWith: Told | undefined
  /** The last of these, and when a head settled it. */
  let settled: { readonly told: Told; readonly atMs: number } | undefined

  const later = ({ timestamp, atMs }: Told, backMs = 0): ChainTime =>
    timestamp + BigInt(Math.max(0, Math.floor((nowMs() - backMs - atMs) / 1_000)))

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
      else if ((agrees && number > before.number) || isInStep(timestamp, outOfStepWith)) {
        settled = { told: outOfStepWith, atMs: nowMs() }
        outOfStepWith = undefined
      }
    },
    get now() {
      const lately = settled !== undefined && nowMs() - settled.atMs <= underWayMs ? settled.told : undefined
      const hints = [newest, outOfStepWith, lately].filter((each) => each !== undefined)
      return [
        ...(newest === undefined ? [] : [newest.timestamp]),
        ...hints.flatMap((hint) => [later(hint), later(hint, underWayMs)]),
      ]
    },
  }
}
