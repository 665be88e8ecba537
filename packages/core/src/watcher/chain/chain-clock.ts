import type { Block, ChainTime } from '../../model/ledger.ts'
import type { Clock } from '../../spi/runtime.ts'

/** Seconds between blocks, assumed until two of them were seen. */
const defaultSecondsPerBlock = 12n

/** No chain that is worth guarding is slower; a head with a time far ahead must not make every wait endless. */
const mostSecondsPerBlock = 600n

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** The chain's own time, and how fast it passes. */
export interface ChainClock {
  readonly head: Block | undefined
  /**
   * What the chain's time should be by now: the head's, and what has passed by the clock since the head was told. The next
   * block's time is not known before it comes, and where blocks come only with transactions that may take long.
   */
  readonly estimate: ChainTime | undefined
  readonly secondsPerBlock: bigint
  /** Whether this block was recently the head of the stream, and no reorg has removed it since. */
  hasTold(block: Block): boolean
  /** @param reorgedFrom number of the lowest block that a reorg removed. */
  advance(head: Block, reorgedFrom: bigint | undefined): void
}

/** More heads than can pass while a reading is under way. */
const headsRemembered = 128

export function chainClock(clock: Pick<Clock, 'now'>): ChainClock {
  let head: Block | undefined
  let toldAtMs = 0
  let told: readonly Block[] = []
  let secondsPerBlock = defaultSecondsPerBlock
  return {
    get head() {
      return head
    },
    get estimate() {
      return head && head.timestamp + BigInt(Math.max(0, Math.floor((clock.now() - toldAtMs) / 1000)))
    },
    get secondsPerBlock() {
      return secondsPerBlock
    },
    hasTold: ({ number, hash }) => told.some((block) => block.hash === hash && block.number === number),
    advance(next, reorgedFrom) {
      const standing = reorgedFrom === undefined ? told : told.filter(({ number }) => number < reorgedFrom)
      told = [...standing, next].slice(-headsRemembered)
      const blocks = head === undefined ? 0n : next.number - head.number
      if (head !== undefined && blocks > 0n && next.timestamp > head.timestamp) {
        const latest = least((next.timestamp - head.timestamp) / blocks, mostSecondsPerBlock)
        // Half old, half new: follows a change within a few blocks without jumping at one slow block.
        secondsPerBlock = (secondsPerBlock + latest + 1n) / 2n
      }
      head = next
      toldAtMs = clock.now()
    },
  }
}
