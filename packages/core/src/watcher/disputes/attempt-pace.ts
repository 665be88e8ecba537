import { firstOf } from '../../async/first-of.ts'
import { msUntil } from '../../async/ms-until.ts'
import { retryDelayMs } from '../../dispute/timing.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions, Clock, Random } from '../../spi/runtime.ts'

/**
 * Bounds how often one family is attempted between two blocks, whatever the reason: where each reading of a record says
 * something else, every attempt seems to be a new one, and the endpoint would set the pace.
 */
export interface AttemptPace {
  /**
   * An attempt is about to be made.
   *
   * @param secondsLeft until its deadline.
   */
  note(root: ChannelId, secondsLeft: bigint): void
  /**
   * Waits until the next attempt may be made: for a pause, or until the next block. A change of the family does not end it.
   *
   * @returns whether it had to wait: look again then.
   */
  rest(
    root: ChannelId,
    nextTick: (options: Required<AbortOptions>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean>
  /** A block came: everything may be tried anew, unless blocks are said to come faster than any do. */
  tick(): void
}

/** Enough for a plan that is refused, shrinks, and is answered by somebody else within one block. */
const promptAttempts = 4

/** Blocks that follow each other faster are one; but whoever asks a clock that stands still must not rest for ever. */
const shortestBlock = { ms: 250, ticks: 8 } as const

interface Pace {
  attempts: number
  notBeforeMs: number
  /** When the first of these attempts was made, and how many blocks came since. */
  readonly sinceMs: number
  ticks: number
}

export function attemptPace({ clock, random }: { readonly clock: Clock; readonly random: Random }): AttemptPace {
  /** Of the families that were attempted since the last block. */
  const paces = new Map<ChannelId, Pace>()

  return {
    note(root, secondsLeft) {
      const nowMs = clock.now()
      const pace = paces.get(root) ?? { attempts: 0, notBeforeMs: nowMs, sinceMs: nowMs, ticks: 0 }
      pace.attempts += 1
      const pauses = pace.attempts - promptAttempts + 1
      pace.notBeforeMs = nowMs + (pauses < 1 ? 0 : retryDelayMs(pauses, secondsLeft, random))
      paces.set(root, pace)
    },
    async rest(root, nextTick, signal) {
      const leftMs = msUntil(clock, paces.get(root)?.notBeforeMs ?? Number.NEGATIVE_INFINITY)
      if (leftMs <= 0) return false
      await firstOf(signal, [nextTick, (options) => clock.sleep(leftMs, options)])
      return true
    },
    tick() {
      for (const [root, pace] of paces) {
        pace.ticks += 1
        if (pace.ticks >= shortestBlock.ticks || clock.now() - pace.sinceMs >= shortestBlock.ms) paces.delete(root)
      }
    },
  }
}
