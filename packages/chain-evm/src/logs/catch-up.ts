import { type AbortOptions, type AdjudicatorLog, hasCode, type Logger } from '@perun-watcher/core'
import type { Header } from '../rpc/parse-rpc.ts'
import type { ChainReader } from './chain-reader.ts'
import { type Advance, advance, type ChainWindow, topOf, windowAfter } from './chain-window.ts'
import { MissingBlock } from './missing-block.ts'
import { readBranch } from './read-branch.ts'

/** Blocks per query: refused ranges are halved, accepted ones grow by an eighth. `smallestUnasked`: where nobody refused. */
const rangeSizes = { first: 2_000n, largest: 10_000n, smallestUnasked: 64n } as const

/** How often one block may be refused before its history counts as lost; about 20 seconds with the pauses of the log stream. */
const refusalsUntilLost = 6

interface Range {
  readonly logs: readonly AdjudicatorLog[]
  readonly last: Header
}

export interface CatchUp {
  /**
   * Reads the next piece of history between the window and `finalNumber`, which is above it.
   *
   * @throws WatcherError as {@link ChainReader} does; to be tried again.
   */
  next(window: ChainWindow, head: Header, finalNumber: bigint): Promise<Advance>
}

function smaller(a: bigint, b: bigint): bigint {
  return a > b ? b : a
}

function stepTo(last: Header, head: Header, added: readonly AdjudicatorLog[], gap: boolean): Advance {
  const isCurrent = last.number === head.number
  return {
    window: windowAfter(last),
    step: { type: 'block', head, finalNumber: last.number, reorgedFrom: undefined, removed: [], added, isCurrent, gap },
  }
}

/**
 * Reads final history in ranges. Cases: the window still holds blocks, or a final block was replaced (bring the window onto
 * the final chain first); the node refuses a range (halve it); it keeps refusing a single block (give that history up and
 * report the gap).
 */
export function catchUp(reader: ChainReader, logger: Logger, options: AbortOptions): CatchUp {
  let size: bigint = rangeSizes.first
  let refusals = 0

  /** Brings the window onto the final chain. `undefined`: it already is on it. */
  async function alignWindow(window: ChainWindow, head: Header): Promise<Advance | undefined> {
    const finalNumber = topOf(window)
    const hasBlocks = window.blocks.length > 0
    const linksToHead = head.number === window.first && head.parentHash === window.anchor
    if (!hasBlocks && (window.anchor === undefined || linksToHead)) return undefined
    const target = await reader.headerByNumber(finalNumber, options)
    if (!hasBlocks) return target.hash === window.anchor ? undefined : stepTo(target, head, [], true)
    const branch = await readBranch(reader, window, target, options)
    return branch && advance(window, branch, { head, finalNumber, isCurrent: false })
  }

  /**
   * Not every limit is told: some nodes, or what is in front of them, take too long for a large range. An outage must not make
   * ranges tiny, though. @throws whatever is no refusal
   */
  function shrinkTo(half: bigint, error: unknown): void {
    const isRefusal = hasCode(error, 'RPC_REFUSED')
    size = isRefusal || half > rangeSizes.smallestUnasked ? half : smaller(size, rangeSizes.smallestUnasked)
    if (!isRefusal) throw error
  }

  /** The longest range from `from` that the node does not refuse. */
  async function readRange(from: bigint, head: Header, finalNumber: bigint): Promise<Range> {
    for (;;) {
      const to = smaller(from + size - 1n, finalNumber)
      try {
        const logs = await reader.logsOfRange(from, to, options)
        return { logs, last: to === head.number ? head : await reader.headerByNumber(to, options) }
      } catch (error) {
        if (from === to) throw error
        shrinkTo((to - from + 1n) / 2n, error)
        logger.debug('Halved the range of the log query after a refusal', { from, size })
      }
    }
  }

  async function readOrSkip(from: bigint, head: Header, finalNumber: bigint): Promise<Advance> {
    try {
      const { logs, last } = await readRange(from, head, finalNumber)
      refusals = 0
      size = smaller(size + size / 8n + 1n, rangeSizes.largest)
      return stepTo(last, head, logs, false)
    } catch (error) {
      if (!hasCode(error, 'RPC_REFUSED') && !(error instanceof MissingBlock)) throw error
      refusals += 1
      if (refusals < refusalsUntilLost) throw error
      const last = await reader.headerByNumber(finalNumber, options)
      logger.warn('Skipped history that the node does not have', { from, to: finalNumber }, error)
      refusals = 0
      return stepTo(last, head, [], true)
    }
  }

  return {
    async next(window, head, finalNumber) {
      return (await alignWindow(window, head)) ?? readOrSkip(topOf(window) + 1n, head, finalNumber)
    },
  }
}
