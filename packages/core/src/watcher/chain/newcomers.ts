import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Clock } from '../../spi/runtime.ts'
import type { ChainClock } from './chain-clock.ts'

/**
 * Channels whose first reading found nothing. They are read once more, together, a block later: that answer may have been
 * wrong, or from before the newest block, of which the log stream has told before the channel was watched.
 */
export interface Newcomers {
  /** When the next of them are to be read; `Infinity` where there are none. */
  readonly dueAtMs: number
  /** Resolves once one came where there was none. */
  readonly added: Pick<WakeSignal, 'count' | 'after'>
  add(id: ChannelId): void
  /** The next ones, at most so many. */
  next(most: number): readonly ChannelId[]
  /** One of them was read at this block. */
  done(id: ChannelId, block: bigint): void
  /** A reading is over, whatever came of it. The others are read at once, those that it was too early for a block later. */
  end(): void
  /** A reading failed: something else has its turn first. */
  putOff(): void
}

/** However slow the blocks seem to come. */
const longestPauseMs = 30_000

/** A head that was told wrongly is never reached. */
const mostReadings = 6

interface Newcomer {
  /** The head when its first reading found nothing. */
  readonly head: bigint
  readings: number
}

export interface NewcomersDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly chainClock: Pick<ChainClock, 'head' | 'secondsPerBlock'>
}

export function newcomers({ clock, chainClock }: NewcomersDeps): Newcomers {
  const channels = new Map<ChannelId, Newcomer>()
  const added = wakeSignal()
  let dueAtMs = Number.POSITIVE_INFINITY

  function aBlockLater(): number {
    return clock.now() + Math.min(longestPauseMs, Number(chainClock.secondsPerBlock) * 1_000)
  }

  return {
    get dueAtMs() {
      // A clock that was set back keeps nobody waiting.
      if (channels.size > 0) dueAtMs = Math.min(dueAtMs, aBlockLater())
      return dueAtMs
    },
    added,
    add(id) {
      const isFirst = channels.size === 0
      channels.set(id, { head: chainClock.head?.number ?? 0n, readings: 0 })
      if (!isFirst) return
      dueAtMs = aBlockLater()
      added.wake()
    },
    next(most) {
      const ids: ChannelId[] = []
      for (const id of channels.keys()) {
        if (ids.length >= most) break
        ids.push(id)
      }
      return ids
    },
    done(id, block) {
      const channel = channels.get(id)
      if (channel === undefined) return
      channels.delete(id)
      channel.readings += 1
      // Behind those that have not been read yet.
      if (block < channel.head && channel.readings < mostReadings) channels.set(id, channel)
    },
    end() {
      const [next] = channels.values()
      if (next === undefined) dueAtMs = Number.POSITIVE_INFINITY
      else dueAtMs = next.readings === 0 ? clock.now() : aBlockLater()
    },
    putOff() {
      dueAtMs = aBlockLater()
    },
  }
}
