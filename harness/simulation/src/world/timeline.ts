import { startTimestamp } from './ledger.ts'

/** When the watcher was up, for judging what it could have done. */
export interface Uptime {
  readonly fromMs: number
  /** `undefined`: until the end. */
  readonly untilMs: number | undefined
}

/** A block's timestamp on the run's own time axis. */
export function millisecondsOf(timestamp: bigint): number {
  return Number(timestamp - startTimestamp) * 1000
}

export function timestampAt(ms: number): bigint {
  return startTimestamp + BigInt(Math.floor(ms / 1000))
}

/** Of a block that comes next, at the earliest. */
export function nextTimestamp(last: bigint, ms: number): bigint {
  return timestampAt(ms) > last ? timestampAt(ms) : last + 1n
}
