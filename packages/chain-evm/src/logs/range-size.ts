/** How many blocks to ask for at once, learnt from what a node takes and refuses. */
export interface RangeSize {
  /** At least 1. */
  readonly blocks: bigint
  /** A query of so many blocks was answered. */
  accepted(blocks: bigint): void
  /** A query of so many blocks was refused. @param divisor by how much the next one is to be smaller */
  refused(blocks: bigint, divisor?: bigint): void
}

export interface RangeSizeOptions {
  readonly first: bigint
  readonly largest: bigint
}

/** Answers after which a size is tried that may be refused; twice as many each time that it was. */
const patience = { first: 4, longest: 256 } as const

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/**
 * Doubles until what was refused last, and from there on now and then grows by an eighth: limits change, and so does what lies
 * in a range. Seldom, as a node may hang instead of refusing.
 */
export function rangeSize({ first, largest }: RangeSizeOptions): RangeSize {
  let blocks = first
  let refused: bigint | undefined
  /** Answers since it grew or shrank. */
  let accepted = 0
  let wait: number = patience.first
  let isTrying = false

  function grown(): bigint {
    const doubled = blocks * 2n
    if (refused === undefined || doubled < refused) return doubled
    if (accepted < wait) return blocks
    accepted = 0
    isTrying = true
    return blocks + blocks / 8n + 1n
  }

  return {
    get blocks() {
      return blocks
    },
    accepted(asked) {
      // What was smaller for want of blocks says nothing about more.
      if (asked < blocks) return
      accepted += 1
      if (refused !== undefined && asked >= refused) {
        refused = undefined
        wait = patience.first
        isTrying = false
      }
      blocks = smaller(grown(), largest)
    },
    refused(asked, divisor = 2n) {
      if (isTrying) wait = Math.min(wait * 2, patience.longest)
      isTrying = false
      accepted = 0
      refused = asked
      const next = asked / divisor
      blocks = smaller(blocks, next > 1n ? next : 1n)
    },
  }
}
