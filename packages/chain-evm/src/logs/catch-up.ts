import type { AbortOptions, Logger } from '@perun-watcher/core'
import { mapConcurrently, withScope } from '@perun-watcher/core/internal'
import type { Header } from '../rpc/parse-rpc.ts'
import { type RpcFailure, rpcFailure } from '../rpc/rpc-failure.ts'
import { type ChainReader, type FoundLogs, joinLogs, readConcurrency } from './chain-reader.ts'
import { type Advance, advance, type ChainWindow, topOf, windowAfter } from './chain-window.ts'
import { MissingBlock } from './missing-block.ts'
import { type RangeSize, rangeSize } from './range-size.ts'
import { readBranch } from './read-branch.ts'

/** Blocks per query. */
const rangeSizes = { first: 2_000n, largest: 10_000n } as const

/** Where a node takes only so few blocks per query, several are asked for at once: a day of them would take hours. */
const fewBlocks = 100n

/** By how much a range shrinks that brought no answer at all: waiting for it took long. */
const divisorOfSilence = 4n

/**
 * When the history that begins with a block counts as lost. A node that says that it does not have it is believed after about
 * 20 seconds with the pauses of the log stream, words that nobody understands and silence after minutes, limits never.
 */
const lost = { trouble: 30, history: 5, otherwise: 1 } as const

interface Range {
  readonly found: FoundLogs
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

interface Query {
  readonly from: bigint
  readonly to: bigint
}

/** The next queries, one after the other. */
function queriesOf(from: bigint, finalNumber: bigint, blocks: bigint): readonly Query[] {
  const most = blocks < fewBlocks ? readConcurrency : 1
  const starts = Array.from({ length: most }, (_, index) => from + BigInt(index) * blocks)
  return starts
    .filter((start) => start <= finalNumber)
    .map((start) => ({ from: start, to: start + blocks <= finalNumber ? start + blocks - 1n : finalNumber }))
}

const nothingFound: FoundLogs = { logs: [], doubtful: [], isComplete: true }

function stepTo(last: Header, head: Header, { logs, doubtful, isComplete }: FoundLogs, gap: boolean): Advance {
  const isCurrent = last.number === head.number
  const told = { head, finalNumber: last.number, isCurrent, doubtful, gap: gap || !isComplete }
  return {
    window: windowAfter(last),
    step: { type: 'block', ...told, reorgedFrom: undefined, removed: [], added: logs },
  }
}

function failureOf(error: unknown): RpcFailure {
  return error instanceof MissingBlock ? 'history' : rpcFailure('eth_getLogs', error)
}

/**
 * Reads final history in ranges. Cases: the window still holds blocks, or a final block was replaced (bring the window onto
 * the final chain first); the node does not answer a range, in whatever words (ask for less); it keeps refusing a single block
 * (give that history up and report the gap).
 */
export function catchUp(reader: ChainReader, logger: Logger, options: AbortOptions): CatchUp {
  const size: RangeSize = rangeSize(rangeSizes)
  let trouble = 0

  /** Brings the window onto the final chain. `undefined`: it already is on it. */
  async function alignWindow(window: ChainWindow, head: Header): Promise<Advance | undefined> {
    const finalNumber = topOf(window)
    const hasBlocks = window.blocks.length > 0
    const linksToHead = head.number === window.first && head.parentHash === window.anchor
    if (!hasBlocks && (window.anchor === undefined || linksToHead)) return undefined
    const target = await reader.headerByNumber(finalNumber, options)
    if (!hasBlocks) return target.hash === window.anchor ? undefined : stepTo(target, head, nothingFound, true)
    const branch = await readBranch(reader, window, target, options)
    return branch && advance(window, branch, { head, finalNumber, isCurrent: false })
  }

  /**
   * Asks for less where the size may be the reason. The head was read a moment ago, so that silence is not taken for an outage.
   *
   * @throws what is to be tried again after a pause
   */
  function shrink(blocks: bigint, error: unknown): void {
    const failure = failureOf(error)
    const isElsewhere = failure === 'service' || failure === 'method' || error instanceof MissingBlock
    if (blocks === 1n || isElsewhere) throw error
    size.refused(blocks, failure === 'nothing' ? divisorOfSilence : undefined)
    logger.debug('A range of the log query was not answered; the next is smaller', { blocks: size.blocks, failure })
    if (failure === 'nothing') throw error
  }

  /** The longest stretch from `from` that the node answers. */
  async function readRange(from: bigint, head: Header, finalNumber: bigint): Promise<Range> {
    for (;;) {
      const queries = queriesOf(from, finalNumber, size.blocks)
      const [first = { from, to: from }] = queries
      const to = queries.at(-1)?.to ?? from
      const blocks = first.to - from + 1n
      try {
        // In a scope of its own, so that the others end where one fails.
        const found = await withScope(options.signal, ({ signal }) =>
          mapConcurrently(queries, readConcurrency, (query) => reader.logsOfRange(query.from, query.to, { signal })),
        )
        const last = to === head.number ? head : await reader.headerByNumber(to, options)
        size.accepted(blocks)
        return { found: joinLogs(found), last }
      } catch (error) {
        shrink(blocks, error)
      }
    }
  }

  async function readOrSkip(from: bigint, head: Header, finalNumber: bigint): Promise<Advance> {
    try {
      const { found, last } = await readRange(from, head, finalNumber)
      trouble = 0
      return stepTo(last, head, found, false)
    } catch (error) {
      options.signal?.throwIfAborted()
      const failure = failureOf(error)
      const isSingle = size.blocks === 1n || from === finalNumber || error instanceof MissingBlock
      if (!isSingle || failure === 'service' || failure === 'method') throw error
      trouble += failure === 'history' ? lost.history : lost.otherwise
      if (trouble < lost.trouble) throw error
      const last = await reader.headerByNumber(finalNumber, options)
      logger.warn('Skipped history that the node does not have', { from, to: finalNumber }, error)
      trouble = 0
      return stepTo(last, head, nothingFound, true)
    }
  }

  return {
    async next(window, head, finalNumber) {
      return (await alignWindow(window, head)) ?? readOrSkip(topOf(window) + 1n, head, finalNumber)
    },
  }
}
