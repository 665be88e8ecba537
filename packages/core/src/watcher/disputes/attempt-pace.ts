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
  /** A block came: everything may be tried anew. */
  tick(): void
}

/** Enough for a plan that is refused, shrinks, and is answered by somebody else within one block. */
const promptAttempts = 4

export function attemptPace({ clock, random }: { readonly clock: Clock; readonly random: Random }): AttemptPace {
  /** Of the families that were attempted since the last block. */
  const paces = new Map<ChannelId, { attempts: number; notBeforeMs: number }>()

  return {
    note(root, secondsLeft) {
      const attempts = (paces.get(root)?.attempts ?? 0) + 1
      const isPrompt = attempts < promptAttempts
      const delayMs = isPrompt ? 0 : retryDelayMs(attempts - promptAttempts + 1, secondsLeft, random)
      paces.set(root, { attempts, notBeforeMs: clock.now() + delayMs })
    },
    async rest(root, nextTick, signal) {
      const leftMs = msUntil(clock, paces.get(root)?.notBeforeMs ?? Number.NEGATIVE_INFINITY)
      if (leftMs <= 0) return false
      await firstOf(signal, [nextTick, (options) => clock.sleep(leftMs, options)])
      return true
    },
    tick: () => paces.clear(),
  }
}
