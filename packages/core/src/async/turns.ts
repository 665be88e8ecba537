import type { Clock } from '../spi/runtime.ts'
import { fairQueue } from './fair-queue.ts'

/** Divides much work into turns of the event loop, so that other work comes in between, and among those for whom it is done. */
export interface Turns<K> {
  /**
   * Resolves when one more piece of work may be done.
   *
   * @param owners as in `FairQueue`.
   */
  next(owners: readonly K[]): Promise<void>
}

export interface TurnsOptions {
  /** How many pieces fit into a turn at least, whatever else there is to do, and at most. */
  readonly least: number
  readonly most: number
  /** Milliseconds that a turn should take; after one that took longer there are half as many pieces in the next. */
  readonly ms: number
}

export function turns<K>(clock: Pick<Clock, 'now' | 'sleep'>, { least, most, ms }: TurnsOptions): Turns<K> {
  const waiting = fairQueue<K, () => void>()
  /** Pieces that a turn may have now, and how many of them this one has left. */
  let perTurn = most
  let left = most
  let isUnderWay = false

  /** A turn ends when everything else that was ready has run. Without a clock that works nobody must wait. */
  function begin(): void {
    isUnderWay = true
    const beganAtMs = clock.now()
    const end = (): void => {
      const tookMs = clock.now() - beganAtMs
      perTurn = tookMs > ms ? Math.max(least, Math.floor(perTurn / 2)) : Math.min(most, perTurn * 2)
      release()
    }
    clock.sleep(0).then(end, end)
  }

  function release(): void {
    isUnderWay = false
    left = perTurn
    if (waiting.size > 0) begin()
    while (left > 0 && waiting.size > 0) {
      left -= 1
      waiting.take()?.()
    }
  }

  return {
    async next(owners) {
      if (!isUnderWay) begin()
      if (left > 0) {
        left -= 1
        return
      }
      await new Promise<void>((resolve) => waiting.add(owners, resolve))
    },
  }
}
