import { WatcherError } from '@perun-watcher/core'
import type { BlockStep, SubscribeOptions } from '@perun-watcher/core/adapter'
import type { Header } from '../rpc/parse-rpc.ts'
import type { CatchUp } from './catch-up.ts'
import type { ChainReader } from './chain-reader.ts'
import { type Advance, advance, type ChainWindow, emptyWindow, finalNumberOf, topOf } from './chain-window.ts'
import { readBranch } from './read-branch.ts'

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
}

export function headReader(options: HeadReaderOptions, { reader, catchUp }: HeadReaderDeps): HeadReader {
  const { finalityDepth, signal } = options
  let current: ChainWindow | undefined
  let reported: Header | undefined

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
    return branch && advance(window, branch, { head, finalNumber, isCurrent: true })
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
      isCurrent: head.number <= top,
      gap: false,
    }
  }

  return {
    async read(always) {
      const head = await reader.latest({ signal })
      const window = current ?? emptyWindow(options.fromBlock ?? head.number)
      const finalNumber = finalNumberOf(window, head, finalityDepth)
      const next =
        finalNumber > topOf(window)
          ? await catchUp.next(window, head, finalNumber)
          : await readTail(window, head, finalNumber)
      current = next?.window ?? window
      if (next !== undefined || reported === undefined) reported = head
      const step = next?.step ?? (always ? nothingNew(current, reported) : undefined)
      return { step, behind: next?.step.isCurrent === false, window: current }
    },
  }
}
