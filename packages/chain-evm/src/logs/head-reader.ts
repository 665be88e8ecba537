import { type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import type { BlockStep, SubscribeOptions } from '@perun-watcher/core/adapter'
import type { Header } from '../rpc/parse-rpc.ts'
import type { CatchUp } from './catch-up.ts'
import type { ChainReader } from './chain-reader.ts'
import {
  type Advance,
  advance,
  type ChainWindow,
  emptyWindow,
  finalNumberOf,
  type TrackedBlock,
  topOf,
  withLateLogs,
} from './chain-window.ts'
import { MissingBlock } from './missing-block.ts'
import { readBranch } from './read-branch.ts'
import type { LateFinds, SecondReading } from './second-reading.ts'

/** What one reading of the chain brought. */
export interface HeadReading {
  readonly step: BlockStep | undefined
  /** There is more to read without waiting. */
  readonly behind: boolean
  /** What has been reported so far. */
  readonly window: ChainWindow
}

/** Reads the chain's head and what leads to it from what was reported before. */
export interface HeadReader {
  /**
   * One call at a time. A call that fails changes nothing, so it can be repeated.
   *
   * @param always - bring a step even if nothing is new.
   * @throws WatcherError as {@link ChainReader} does.
   */
  read(always: boolean): Promise<HeadReading>
}

export interface HeadReaderOptions extends SubscribeOptions {
  readonly finalityDepth: number
  readonly signal: AbortSignal
}

export interface HeadReaderDeps {
  readonly reader: ChainReader
  readonly catchUp: CatchUp
  readonly secondReading: SecondReading
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  /** Called when the chain turned out to be another one than before. */
  readonly onReset: () => void
}

/**
 * Blocks above the newest final one that are read like those that may still change, once catching up has come that close. On a
 * fast chain there are always new final ones by the time that the last range was read.
 */
const closeBlocks = 256n

/** A head below a final block is a node that lags; for so long and so often, the chain was reset, or never was as told. */
const reset = { afterMs: 30_000, times: 5 } as const

export function headReader(
  options: HeadReaderOptions,
  { reader, catchUp, secondReading, clock, logger, onReset }: HeadReaderDeps,
): HeadReader {
  const { finalityDepth, signal } = options
  let current: ChainWindow | undefined
  let reported: Header | undefined
  /** The last range reached what was final when it was asked for. */
  let isClose = false
  let fallen: { readonly since: number; readonly times: number } | undefined
  /** A head of which the endpoint did not know everything. */
  let early: Header | undefined

  /**
   * The head; or the one before, where not everything was known of it, every other time. Where several machines answer behind
   * one address, they know even less of a newer one, and on a fast chain there is always a newer one; but a head that was
   * taken back is never known again.
   */
  async function nextHead(): Promise<Header> {
    const head = early ?? (await reader.latest({ signal }))
    early = undefined
    return head
  }

  async function readFrom(window: ChainWindow, head: Header, isAgain: boolean): Promise<Advance | undefined> {
    try {
      return await readNext(window, head)
    } catch (error) {
      if (error instanceof MissingBlock && !isAgain) early = head
      throw error
    }
  }

  /** Reads the blocks that a reorg may still remove. `undefined`: the head is known. */
  async function readTail(window: ChainWindow, head: Header, finalNumber: bigint): Promise<Advance | undefined> {
    if (head.number < window.first && head.hash !== window.anchor) {
      // Before the first block of interest there is nothing to tell.
      if (window.anchor === undefined) return undefined
      throw new WatcherError('CHAIN_DATA_INVALID', 'The head of the RPC endpoint fell below a final block.', {
        details: [`Head ${head.number}, final block ${window.first - 1n}.`],
      })
    }
    const branch = await readBranch(reader, window, head, { signal })
    if (branch === undefined) return undefined
    secondReading.told(branch, undoneBy(window, branch.placement))
    return advance(window, branch, { head, finalNumber, isCurrent: true })
  }

  /** Whether the head is so far below what was told, and for so long, that the chain is another one by now. */
  function isReset(window: ChainWindow, head: Header): boolean {
    const slack = window.anchor === undefined ? BigInt(finalityDepth) + 1n : 0n
    if (head.number + slack >= window.first || head.hash === window.anchor) {
      fallen = undefined
      return false
    }
    fallen = { since: fallen?.since ?? clock.now(), times: (fallen?.times ?? 0) + 1 }
    return fallen.times >= reset.times && clock.now() - fallen.since >= reset.afterMs
  }

  /** Begins anew at the head; what was told and can still be taken back is. */
  async function startAnew(window: ChainWindow, head: Header): Promise<Advance | undefined> {
    logger.error('The chain fell below a final block: it was reset, or an RPC endpoint had lied', {
      head: head.number,
      final: window.first - 1n,
    })
    const empty = emptyWindow(head.number)
    const begun = await readTail(empty, head, finalNumberOf(empty, head, finalityDepth))
    if (begun === undefined) return undefined
    fallen = undefined
    onReset()
    const removed = window.blocks.flatMap(({ logs }) => logs).reverse()
    secondReading.forget()
    return { ...begun, step: { ...begun.step, reorgedFrom: head.number, removed, gap: true } }
  }

  async function readNext(window: ChainWindow, head: Header): Promise<Advance | undefined> {
    if (isReset(window, head)) return startAnew(window, head)
    const finalNumber = finalNumberOf(window, head, finalityDepth)
    const missing = finalNumber - topOf(window)
    if (missing <= 0n || (isClose && missing <= closeBlocks)) return readTail(window, head, finalNumber)
    const next = await catchUp.next(window, head, finalNumber)
    isClose = topOf(next.window) >= finalNumber
    return next
  }

  function nothingNew(window: ChainWindow, head: Header): BlockStep {
    const byDepth = finalNumberOf(window, head, finalityDepth)
    const top = topOf(window)
    // While catching up the head runs ahead of what was reported; final is only what was reported.
    const finalNumber = byDepth > top ? top : byDepth
    return {
      type: 'block',
      head,
      finalNumber,
      reorgedFrom: undefined,
      removed: [],
      added: [],
      doubtful: [],
      isCurrent: head.number <= top,
      gap: false,
    }
  }

  /** What came late lies below what is new. */
  function withLate(step: BlockStep, { logs, doubtful, isComplete }: LateFinds): BlockStep {
    return {
      ...step,
      added: [...logs, ...step.added],
      doubtful: [...(step.doubtful ?? []), ...doubtful],
      gap: step.gap || !isComplete,
    }
  }

  return {
    async read(always) {
      const isAgain = early !== undefined
      const head = await nextHead()
      const window = current ?? emptyWindow(options.fromBlock ?? head.number)
      secondReading.begin()
      const next = await readFrom(window, head, isAgain)
      const late = secondReading.take()
      const hasLate = late.logs.length > 0 || late.doubtful.length > 0 || !late.isComplete
      current = withLateLogs(next?.window ?? window, late.logs)
      if (next !== undefined || reported === undefined) reported = head
      const step = next?.step ?? (always || hasLate ? nothingNew(current, reported) : undefined)
      return { step: step && withLate(step, late), behind: next?.step.isCurrent === false, window: current }
    },
  }
}

/** The lowest block that a branch replaces. */
function undoneBy({ blocks }: ChainWindow, placement: { type: string; keep?: number }): bigint | undefined {
  const undone: TrackedBlock | undefined = blocks[placement.type === 'attached' ? (placement.keep ?? 0) : 0]
  return undone?.header.number
}
