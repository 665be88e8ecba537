import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Clock } from '../../spi/runtime.ts'
import type { ChainClock } from './chain-clock.ts'

/**
 * Channels whose first reading found nothing. They are read once more, a block later: that answer may have been wrong, or from
 * before the newest block, of which the log stream has told before the channel was watched. All that came within a block are
 * read together, so that however many clients come, and however steadily, it costs a call per block and keeps no other channel
 * from being read.
 */
export interface Newcomers {
  /** When the next of them are to be read; `Infinity` where there are none. */
  readonly dueAtMs: number
  /** Rises once one came where there was none. */
  readonly added: Pick<WakeSignal, 'count' | 'after'>
  add(id: ChannelId): void
  /** The next ones, at most so many. */
  next(most: number): readonly ChannelId[]
  /** One of them was read at this block. */
  done(id: ChannelId, block: bigint): void
  /** A reading is over, whatever came of it. */
  end(): void
}

/** However fast or slow the blocks seem to come, in milliseconds. */
const pauses = { shortestMs: 6_000, longestMs: 30_000 }

/** A head that was told wrongly is never reached. */
const mostReadings = 6

interface Newcomer {
  /** The head when its first reading found nothing. */
  readonly head: bigint
  readonly readings: number
}

export interface NewcomersDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly chainClock: Pick<ChainClock, 'head' | 'secondsPerBlock'>
}

export function newcomers({ clock, chainClock }: NewcomersDeps): Newcomers {
  /** Those that wait for the next round, and those of the round that has begun. */
  let waiting = new Map<ChannelId, Newcomer>()
  let round = new Map<ChannelId, Newcomer>()
  const added = wakeSignal()
  let dueAtMs = Number.POSITIVE_INFINITY

  function aBlockLater(): number {
    const blockMs = Number(chainClock.secondsPerBlock) * 1_000
    return clock.now() + Math.min(pauses.longestMs, Math.max(pauses.shortestMs, blockMs))
  }

  return {
    get dueAtMs() {
      return dueAtMs
    },
    added,
    add(id) {
      waiting.set(id, { head: chainClock.head?.number ?? 0n, readings: 0 })
      if (dueAtMs < Number.POSITIVE_INFINITY) return
      dueAtMs = aBlockLater()
      added.wake()
    },
    next(most) {
      if (round.size === 0) [round, waiting] = [waiting, round]
      const ids: ChannelId[] = []
      for (const id of round.keys()) {
        if (ids.length >= most) break
        ids.push(id)
      }
      return ids
    },
    done(id, block) {
      const channel = round.get(id)
      if (channel === undefined) return
      round.delete(id)
      const readings = channel.readings + 1
      if (block < channel.head && readings < mostReadings) waiting.set(id, { ...channel, readings })
    },
    end() {
      const isOver = round.size === 0 && waiting.size === 0
      dueAtMs = isOver ? Number.POSITIVE_INFINITY : aBlockLater()
    },
  }
}
