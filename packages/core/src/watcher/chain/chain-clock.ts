import type { Block } from '../../model/ledger.ts'

/** Seconds between blocks to assume before two were seen. */
const defaultSecondsPerBlock = 12n

/** What the chain's clock shows, and how fast it ticks. */
export interface ChainClock {
  readonly head: Block | undefined
  readonly secondsPerBlock: bigint
  /** Whether the stream told this block as its head not long ago, and no reorg took it out since. */
  hasTold(block: Block): boolean
  /** @param reorgedFrom number of the lowest block that a reorg took out. */
  advance(head: Block, reorgedFrom: bigint | undefined): void
}

/** More heads than can pass while a reading is under way. */
const headsRemembered = 128

export function chainClock(): ChainClock {
  let head: Block | undefined
  let told: readonly Block[] = []
  let secondsPerBlock = defaultSecondsPerBlock
  return {
    get head() {
      return head
    },
    get secondsPerBlock() {
      return secondsPerBlock
    },
    hasTold: ({ hash }) => told.some((block) => block.hash === hash),
    advance(next, reorgedFrom) {
      const standing = reorgedFrom === undefined ? told : told.filter(({ number }) => number < reorgedFrom)
      told = [...standing, next].slice(-headsRemembered)
      const blocks = head === undefined ? 0n : next.number - head.number
      if (head !== undefined && blocks > 0n && next.timestamp > head.timestamp) {
        const latest = (next.timestamp - head.timestamp) / blocks
        // Half memory, half news: follows a change within a few blocks without jumping at one slow block.
        secondsPerBlock = (secondsPerBlock + latest + 1n) / 2n
      }
      head = next
    },
  }
}
