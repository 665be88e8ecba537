import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { Clock } from '../../spi/runtime.ts'
import type { ChainClock } from './chain-clock.ts'

/**
 * Channels whose first reading found nothing. They are read again, together, a block later: that answer may have been wrong, or
 * from before the newest block, of which the log stream has told before the channel was watched. Once, and as long as answers
 * are from before that block a few times more.
 */
export interface Newcomers {
  /** When the next of them are to be read, each a block after it came or later; `Infinity` where there are none. */
  readonly dueAtMs: number
  /** Rises once one came where there was none. */
  readonly added: Pick<WakeSignal, 'count' | 'after'>
  add(id: ChannelId): void
  /** Those that are due, at most so many. */
  next(most: number): readonly ChannelId[]
  /** One of them was read at this block. */
  done(id: ChannelId, block: bigint): void
  /**
   * A reading is over, whatever came of it. Those that had no room in it are read at once, all others a while later: watches
   * may begin without pause, and must not use up all calls.
   */
  end(): void
  /** A reading failed: something else has its turn first. */
  putOff(): void
}

/** However slow the blocks seem to come, in milliseconds. */
const longestPauseMs = 30_000

/** Between two readings, however fast the blocks come, in milliseconds. */
const shortestPauseMs = 6_000

/** A head that was told wrongly is never reached. */
const mostReadings = 6

interface Newcomer {
  /** The head when its first reading found nothing. */
  readonly head: bigint
  readonly readings: number
  /** By the clock, which never goes back. */
  readonly dueMs: number
}

export interface NewcomersDeps {
  /** What it does not know is gone. */
  readonly index: { get(id: ChannelId): object | undefined }
  readonly clock: Pick<Clock, 'now'>
  readonly chainClock: Pick<ChainClock, 'head' | 'secondsPerBlock'>
}

export function newcomers({ index, clock, chainClock }: NewcomersDeps): Newcomers {
  /** In the order in which they are due. */
  const channels = new Map<ChannelId, Newcomer>()
  const added = wakeSignal()
  let notBeforeMs = Number.NEGATIVE_INFINITY
  let askedAtMs = Number.NEGATIVE_INFINITY

  const blockMs = (): number => Math.min(longestPauseMs, Number(chainClock.secondsPerBlock) * 1_000)

  function putOff(): void {
    notBeforeMs = clock.now() + Math.max(shortestPauseMs, blockMs())
  }

  function put(id: ChannelId, head: bigint, readings: number): void {
    channels.set(id, { head, readings, dueMs: clock.now() + blockMs() })
  }

  return {
    get dueAtMs() {
      const [first] = channels.values()
      return first === undefined ? Number.POSITIVE_INFINITY : Math.max(first.dueMs, notBeforeMs)
    },
    added,
    add(id) {
      const isFirst = channels.size === 0
      channels.delete(id)
      put(id, chainClock.head?.number ?? 0n, 0)
      if (isFirst) added.wake()
    },
    next(most) {
      askedAtMs = clock.now()
      const due: ChannelId[] = []
      for (const [id, { dueMs }] of channels) {
        if (due.length >= most || dueMs > askedAtMs) break
        // It may be gone by now; and where nothing can be read, only this makes room.
        if (index.get(id) === undefined) channels.delete(id)
        else due.push(id)
      }
      return due
    },
    done(id, block) {
      const channel = channels.get(id)
      if (channel === undefined) return
      channels.delete(id)
      const readings = channel.readings + 1
      if (block < channel.head && readings < mostReadings) put(id, channel.head, readings)
    },
    end() {
      const [first] = channels.values()
      if (first === undefined || first.dueMs > askedAtMs) putOff()
    },
    putOff,
  }
}
