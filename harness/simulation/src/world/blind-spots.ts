import type { ChannelId } from '@perun-watcher/core'

export interface BlindSpot {
  readonly fromMs: number
  /** Infinite: nothing has told so far. */
  untilMs: number
  /** A log was kept from it: sooner or later it finds out for itself. */
  readonly isHidden: boolean
}

/** When the watcher could not know what the chain holds of a channel: a log was kept from it, and nothing told so. */
export interface BlindSpots {
  open(id: ChannelId): void
  /** Nothing could have been done at this instant, or for so long. */
  blink(ids: readonly ChannelId[], forMs?: number): void
  /** Something made the watcher look at the channel, or told it what stands. */
  close(id: ChannelId): void
  closeAll(): void
  of(ids: readonly ChannelId[]): readonly Readonly<BlindSpot>[]
}

export function blindSpots(now: () => number): BlindSpots {
  const spots = new Map<ChannelId, BlindSpot[]>()

  function close(id: ChannelId): void {
    for (const spot of spots.get(id) ?? []) spot.untilMs = Math.min(spot.untilMs, now())
  }

  return {
    open(id) {
      const spot = { fromMs: now(), untilMs: Number.POSITIVE_INFINITY, isHidden: true }
      spots.set(id, [...(spots.get(id) ?? []), spot])
    },
    blink(ids, forMs = 1_000) {
      for (const id of ids) {
        const spot = { fromMs: now(), untilMs: now() + forMs, isHidden: false }
        spots.set(id, [...(spots.get(id) ?? []), spot])
      }
    },
    close,
    closeAll() {
      for (const id of spots.keys()) close(id)
    },
    of: (ids) => ids.flatMap((id) => spots.get(id) ?? []),
  }
}
