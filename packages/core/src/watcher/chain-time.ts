import type { Block } from '../model/ledger.ts'

/** Seconds between blocks to assume before two were seen. */
const defaultSecondsPerBlock = 12n

/** What the chain's clock shows, and how fast it ticks. */
export interface ChainTimeKeeper {
  readonly head: Block | undefined
  readonly secondsPerBlock: bigint
  advance(head: Block): void
}

export function chainTimeKeeper(): ChainTimeKeeper {
  let head: Block | undefined
  let secondsPerBlock = defaultSecondsPerBlock
  return {
    get head() {
      return head
    },
    get secondsPerBlock() {
      return secondsPerBlock
    },
    advance(next) {
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
