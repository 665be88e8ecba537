import { type AdjudicatorLog, type Block, WatcherError } from '@perun-watcher/core'
import type { AdjudicatorSubscription, BlockStep, ChainStep } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship } from '../hardships.ts'
import type { LedgerBlock } from '../ledger.ts'
import type { SimProcess } from '../sim-process.ts'
import type { Trace } from '../trace.ts'
import type { Endpoint } from './endpoint.ts'

/** So many blocks to catch up with are told in two ranges. */
const blocksAtOnce = 4

export interface ChainStreamDeps {
  readonly endpoint: Endpoint
  readonly process: SimProcess
  readonly dice: Dice
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
  /** A block with this many on top is final. */
  readonly finalityDepth: number
  readonly pollMs: number
  /** Blocks that the watcher was told of, in whatever process. */
  readonly blocksTold: Set<LedgerBlock>
  /** The block that the watcher was told as its newest. */
  readonly onTold: (block: LedgerBlock) => void
  /** Logs that the watcher will not be told. `isHidden`: nor that there is something that it was not told. */
  readonly onLost: (logs: readonly AdjudicatorLog[], isHidden: boolean) => void
  /** Logs that the watcher will be told later. */
  readonly onLate: (logs: readonly AdjudicatorLog[]) => void
  /** What the watcher is told. */
  readonly onStep: (step: BlockStep) => void
}

/** Opens a stream of its own for each subscription. */
export type ChainStream = (fromBlock: bigint | undefined) => AdjudicatorSubscription

interface Difference {
  readonly head: LedgerBlock
  readonly removed: readonly LedgerBlock[]
  readonly added: readonly LedgerBlock[]
}

interface Progress {
  /** The chain as it was told so far. */
  known: readonly LedgerBlock[] | undefined
  /** Logs that were left out; a reorg does not take them back. */
  readonly lost: Set<AdjudicatorLog>
  /** Logs that wait to be told. */
  late: readonly AdjudicatorLog[]
}

export const blockOf = ({ number, hash, timestamp }: LedgerBlock): Block => ({ number, hash, timestamp })

const logsOf = (blocks: readonly LedgerBlock[]): readonly AdjudicatorLog[] => blocks.flatMap(({ logs }) => logs)

export function chainStream(deps: ChainStreamDeps): ChainStream {
  const { endpoint, process, dice, trace, is, blocksTold, onTold, onLost, onLate, onStep, pollMs } = deps
  const finalityDepth = BigInt(deps.finalityDepth)

  /** What changed between two views of the chain. A head that is merely older is a lagging endpoint, not a reorg. */
  function difference(
    { known }: Progress,
    current: readonly LedgerBlock[],
    fromBlock: bigint | undefined,
  ): Difference | undefined {
    const head = current.at(-1)
    if (head === undefined) return undefined
    if (known?.[Number(head.number)] === head) return undefined
    const before = known ?? current.filter(({ number }) => number < (fromBlock ?? head.number + 1n))
    // From the top down: below the highest block that both have everything is the same.
    let fork = Math.min(before.length, current.length)
    while (fork > 0 && before[fork - 1] !== current[fork - 1]) fork -= 1
    return { head, removed: before.slice(fork), added: current.slice(fork) }
  }

  function stepOf(head: LedgerBlock, added: readonly LedgerBlock[], removed: readonly LedgerBlock[]): BlockStep {
    return {
      type: 'block',
      head: blockOf(head),
      finalNumber: head.number > finalityDepth ? head.number - finalityDepth : 0n,
      reorgedFrom: removed[0]?.number,
      removed: [...logsOf(removed)].reverse(),
      added: logsOf(added),
      gap: false,
      isCurrent: true,
    }
  }

  /** The same step with its logs lost. */
  function withoutLogs(step: BlockStep, progress: Progress, isHidden: boolean): BlockStep {
    for (const log of step.added) progress.lost.add(log)
    onLost(step.added, isHidden)
    if (step.added.length > 0) trace.meet(isHidden ? 'fault: logs hidden' : 'fault: logs lost')
    return { ...step, added: [], gap: !isHidden }
  }

  /** Logs of the step wait for a later one, and those that waited come with it. */
  function withLateLogs(step: BlockStep, progress: Progress): BlockStep {
    const removed = new Set(step.removed)
    const waiting = progress.late.filter((log) => !removed.has(log))
    const told = { ...step, removed: step.removed.filter((log) => !progress.late.includes(log)) }
    progress.late = is('lateLogs') ? [...waiting, ...step.added] : []
    if (!is('lateLogs')) return { ...told, added: [...waiting, ...step.added] }
    onLate(step.added)
    if (step.added.length > 0) trace.meet('fault: logs late')
    return { ...told, added: [] }
  }

  /** The block is the right one, and its time is wrong. */
  function withWrongTime(step: BlockStep): BlockStep {
    if (!is('lyingHeads') || !dice.chance(0.5)) return step
    trace.meet('fault: wrong time')
    const { timestamp } = step.head
    const wrong = dice.pick([timestamp + 3_600n, timestamp + 86_400n * 365n, timestamp - 600n, 0n])
    return { ...step, head: { ...step.head, timestamp: wrong } }
  }

  function withFaults(step: BlockStep, progress: Progress): BlockStep {
    return withWrongTime(withMissingLogs(withLateLogs(step, progress), progress))
  }

  function withMissingLogs(step: BlockStep, progress: Progress): BlockStep {
    if (is('gaps') && dice.chance(0.5)) return withoutLogs(step, progress, false)
    if (is('hiddenLogs') && dice.chance(0.5)) return withoutLogs(step, progress, true)
    return step
  }

  /** What a stream that begins will never tell, and whether nothing says so. */
  function missedByBeginning(
    current: readonly LedgerBlock[],
    fromBlock: bigint | undefined,
  ): [logs: readonly AdjudicatorLog[], isHidden: boolean] {
    // Clients may have come before the endpoint could be reached; the first stream of all begins with what is newest then.
    if (fromBlock === undefined) return [logsOf(current), false]
    // While it was down, reorgs went below the block from which on it reads again.
    return [logsOf(current.filter((block) => block.number < fromBlock && !blocksTold.has(block))), true]
  }

  function* stepsTo(
    progress: Progress,
    current: readonly LedgerBlock[],
    fromBlock: bigint | undefined,
  ): Generator<BlockStep> {
    const news = difference(progress, current, fromBlock)
    if (news === undefined) return
    const { removed, added, head } = news
    if (progress.known === undefined) onLost(...missedByBeginning(current, fromBlock))
    for (const block of added) blocksTold.add(block)
    const isCatchingUp = progress.known === undefined && added.length > blocksAtOnce
    const early = isCatchingUp ? added.slice(0, -blocksAtOnce) : []
    const [middle] = early.slice(-1)
    if (middle !== undefined) {
      trace.meet('fault: stream catches up')
      const first = { ...stepOf(middle, early, []), isCurrent: false }
      onStep(first)
      yield first
    }
    const step = stepOf(head, added.slice(early.length), removed)
    if (step.removed.length > 0) trace.meet('fault: reorg removes a log')
    const told = { ...step, removed: step.removed.filter((log) => !progress.lost.has(log)) }
    progress.known = current
    onTold(head)
    const shown = withFaults(told, progress)
    onStep(shown)
    yield shown
  }

  async function look(): Promise<readonly LedgerBlock[] | Error> {
    try {
      await endpoint.reach([])
      return endpoint.visible()
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async function* steps(fromBlock: bigint | undefined, isOpen: () => boolean): AsyncGenerator<ChainStep> {
    const progress: Progress = { known: undefined, lost: new Set(), late: [] }
    let isStalled = false
    while (isOpen()) {
      const current = await look()
      if (current instanceof Error) {
        if (dice.chance(0.05)) throw broken()
        if (!isStalled) yield { type: 'stalled', cause: current }
        isStalled = true
      } else {
        isStalled = false
        yield* stepsTo(progress, current, fromBlock)
      }
      await process.pause(pollMs)
    }
  }

  /** The interface says that a stream does not fail; an adapter with a fault in it might. */
  function broken(): WatcherError {
    trace.meet('fault: stream ends')
    return new WatcherError('CHAIN_UNREACHABLE', 'The simulated stream broke off.')
  }

  return (fromBlock) => {
    let isOpen = true
    const iterator = steps(fromBlock, () => isOpen)
    const close = async (): Promise<void> => {
      isOpen = false
    }
    return { [Symbol.asyncIterator]: () => iterator, close, [Symbol.asyncDispose]: close }
  }
}
