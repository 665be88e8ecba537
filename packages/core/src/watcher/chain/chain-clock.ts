import type { Block, ChainTime } from '../../model/ledger.ts'
import type { Clock } from '../../spi/runtime.ts'

/** Seconds between blocks, assumed until two of them were seen. */
const defaultSecondsPerBlock = 12n

/** No chain that is worth guarding is slower. */
const mostSecondsPerBlock = 600n

/** The middle of so many is believed: a change is followed within a few blocks, and no single time, however wrong, counts. */
const timesRemembered = 5

/** Milliseconds by which heads may be told closer to each other than their blocks are. */
const burstMs = 60_000
const burstSeconds = BigInt(burstMs / 1_000)

/** So many blocks at once are a range that is caught up with: no time passes by the clock, and the pace is that of the chain. */
const blocksOfRange = 10n

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Of an even number the later one of the two in the middle. */
function middle(times: readonly bigint[]): bigint | undefined {
  return times.toSorted((a, b) => Number(a - b))[Math.floor(times.length / 2)]
}

/** The chain's own time, and how fast it passes. */
export interface ChainClock {
  readonly head: Block | undefined
  /**
   * What the chain's time should be by now: the head's, and what has passed by the clock since the head was told. The next
   * block's time is not known before it comes, and where blocks come only with transactions that may take long.
   */
  readonly estimate: ChainTime | undefined
  /**
   * What it may be instead of the head's: the estimate, where no block has come for a while; and, where the head's time has leapt,
   * ahead or back, and no block after it has confirmed that, what it should be by those before.
   */
  readonly otherTimes: readonly ChainTime[]
  readonly secondsPerBlock: bigint
  /** Whether this block was recently the head of the stream, and no reorg has removed it since. */
  hasTold(block: Block): boolean
  /** @param reorgedFrom number of the lowest block that a reorg removed. */
  advance(head: Block, reorgedFrom: bigint | undefined): void
}

/** More heads than can pass while a reading is under way. */
const headsRemembered = 128

interface Told {
  readonly block: Block
  /** By the clock, in milliseconds. */
  readonly atMs: number
}

/** A time of the chain, and when it was told. */
interface Reference {
  readonly timestamp: ChainTime
  readonly atMs: number
}

export function chainClock(clock: Pick<Clock, 'now'>): ChainClock {
  let head: Block | undefined
  let toldAtMs = 0
  /** The time before the head's, where that has leapt: a single one may be wrong. */
  let leaptFrom: Reference | undefined
  let told: readonly Told[] = []
  /** What a range makes of the pace: a single head at its end may be made up. */
  let unconfirmed: { readonly number: bigint; readonly seconds: bigint } | undefined
  let between: readonly bigint[] = [defaultSecondsPerBlock]
  let secondsPerBlock = defaultSecondsPerBlock

  const timeSince = ({ timestamp, atMs }: Reference): ChainTime =>
    timestamp + BigInt(Math.max(0, Math.floor((clock.now() - atMs) / 1_000)))

  /** Time does not go back, and passes as it does by the clock. */
  function follows({ timestamp }: Block, reference: Reference): boolean {
    return timestamp >= reference.timestamp && timestamp <= timeSince(reference) + burstSeconds
  }

  /** Where the next head's time leaps: from when. One that leapt is confirmed by another above it that follows it. */
  function leapBefore(next: Block): Reference | undefined {
    if (head === undefined) return undefined
    const last = { timestamp: head.timestamp, atMs: toldAtMs }
    if (leaptFrom === undefined) return follows(next, last) ? undefined : last
    const isConfirmed = next.number > head.number && follows(next, last)
    return isConfirmed || follows(next, leaptFrom) ? undefined : leaptFrom
  }

  function take(seconds: bigint): void {
    between = [...between, least(seconds, mostSecondsPerBlock)].slice(-timesRemembered)
    secondsPerBlock = middle(between) ?? secondsPerBlock
  }

  /**
   * Takes in how far a head is from the last one below it, unless the time of one of them must be wrong. Not from one above it:
   * where two endpoints are told in turns, only those of the one that is ahead would count.
   */
  function measure({ number, timestamp }: Block): void {
    const before = told.findLast(({ block }) => block.number < number && block.timestamp < timestamp)
    if (before === undefined) return
    const blocks = number - before.block.number
    const seconds = timestamp - before.block.timestamp
    // Whole seconds, rounded up: blocks may come faster than that.
    const each = (seconds + blocks - 1n) / blocks
    const hasLeapt = Number(seconds) * 1_000 > clock.now() - before.atMs + burstMs
    if (!hasLeapt) take(each)
    else if (blocks >= blocksOfRange) unconfirmed = { number, seconds: each }
  }

  /** The chain goes on where a range ended. */
  function confirm({ number }: Block): void {
    if (unconfirmed !== undefined && number > unconfirmed.number) take(unconfirmed.seconds)
    unconfirmed = undefined
  }

  return {
    get head() {
      return head
    },
    get estimate() {
      return head && timeSince({ timestamp: head.timestamp, atMs: toldAtMs })
    },
    get otherTimes() {
      if (head === undefined) return []
      const { timestamp } = head
      const now = timeSince({ timestamp, atMs: toldAtMs })
      return [...(now > timestamp ? [now] : []), ...(leaptFrom === undefined ? [] : [timeSince(leaptFrom)])]
    },
    get secondsPerBlock() {
      return secondsPerBlock
    },
    hasTold: ({ number, hash }) => told.some(({ block }) => block.hash === hash && block.number === number),
    advance(next, reorgedFrom) {
      if (reorgedFrom !== undefined) told = told.filter(({ block }) => block.number < reorgedFrom)
      leaptFrom = leapBefore(next)
      toldAtMs = clock.now()
      confirm(next)
      measure(next)
      told = [...told, { block: next, atMs: toldAtMs }].slice(-headsRemembered)
      head = next
    },
  }
}
