import type { Clock } from '@perun-watcher/core'

/** Which of several endpoints is asked first for many records: another one, while the usual one was caught hiding any. */
export interface AskingOrder {
  /** See `RequestOptions`. */
  readonly secondOpinion: boolean
  /** The one that is asked first at present hides a record that another one tells of. */
  onHidden(): void
}

/** Until the usual one is asked first again, in milliseconds; doubled each time. */
const turns = { firstMs: 600_000, longestMs: 7_200_000 }

export function askingOrder(clock: Pick<Clock, 'now'>): AskingOrder {
  let turnedUntil = Number.NEGATIVE_INFINITY
  let turnMs = turns.firstMs
  const isTurned = (): boolean => clock.now() < turnedUntil

  return {
    get secondOpinion() {
      return isTurned()
    },
    onHidden() {
      if (isTurned()) {
        turnedUntil = Number.NEGATIVE_INFINITY
        return
      }
      turnedUntil = clock.now() + turnMs
      turnMs = Math.min(turns.longestMs, turnMs * 2)
    },
  }
}
