import type { ChannelId } from '../../model/brand.ts'
import type { WindowClass } from '../channels/window-classes.ts'

/** One walk after the other over the channels of a window class, each of them spread over the class's period. */
export interface SweepPass {
  /** When the next of them are to be read. */
  readonly dueAtMs: number
  /** Whether all of them are to be read as soon as possible. */
  readonly isHurried: boolean
  /**
   * All of them, as soon as possible, from the start; then as usual. Where they are being read so already, once more after
   * that: whoever asks again and again must not keep the last ones from being read.
   */
  hurry(): void
  /** The next ones, the same until they are told to be done. Empty: there are none, or this walk is over. */
  next(most: number): readonly ChannelId[]
  /** The first so many of the next ones were read. */
  done(count: number): void
  /** A walk is over. @returns by how many milliseconds it is late. */
  end(): number
}

/** A part of the period is left for the readings themselves. */
const shareOfPeriod = 0.9

/** How often the channels of a class are read: once per quarter of the window that all of them reach, or of the shortest. */
export function periodMs({ windowSeconds }: Pick<WindowClass, 'windowSeconds'>, shortestMs: number): number {
  return shareOfPeriod * Math.max(shortestMs, (windowSeconds * 1_000) / 4)
}

/**
 * @param idsNow the channels of the class as they are now
 * @param now milliseconds
 */
export function sweepPass(
  idsNow: () => ReadonlySet<ChannelId>,
  period: number,
  now: () => number,
  mostAtOnce: number,
): SweepPass {
  let beganAtMs = now()
  let isHurried = false
  /** Asked for again since the walk began. */
  let isHurriedAgain = false
  let walk: Iterator<ChannelId> | undefined
  let batch: readonly ChannelId[] = []
  let read = 0
  /** How many of them went into one reading. */
  let atOnce = mostAtOnce

  /** By a clock that was set back it may lie ahead: then it counts from now on, as nobody knows for how long it has been. */
  function beganMs(): number {
    beganAtMs = Math.min(beganAtMs, now())
    return beganAtMs
  }

  function begin(at: number): void {
    beganAtMs = at
    walk = undefined
    batch = []
    read = 0
  }

  return {
    get isHurried() {
      return isHurried
    },
    get dueAtMs() {
      if (isHurried) return Number.NEGATIVE_INFINITY
      // At the end of their share of the period, so that those that were read in a hurry are not read at once again.
      return beganMs() + period * Math.min(1, (read + atOnce) / Math.max(1, idsNow().size))
    },
    hurry() {
      isHurriedAgain = isHurried && read > 0
      if (isHurriedAgain) return
      isHurried = true
      begin(now())
    },
    next(most) {
      walk ??= idsNow().values()
      const taken = [...batch]
      while (taken.length < most) {
        const { value, done } = walk.next()
        if (done === true) break
        taken.push(value)
      }
      batch = taken
      return batch
    },
    done(count) {
      batch = batch.slice(count)
      read += count
      atOnce = count
    },
    end() {
      const late = now() - beganMs() - period
      if (isHurriedAgain) {
        isHurriedAgain = false
        begin(now())
        return Math.max(0, late)
      }
      // Where it began in a hurry, the next one is counted from then on.
      begin(isHurried || late > period ? Math.max(beganAtMs, now() - period) : beganAtMs + period)
      isHurried = false
      return Math.max(0, late)
    },
  }
}
