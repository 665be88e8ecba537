import type { AbortOptions, AdjudicatorLog, BlockHash, ChannelId, Clock, Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { mapConcurrently, withScope } from '@perun-watcher/core/internal'
import type { Header } from '../rpc/parse-rpc.ts'
import { rpcFailure } from '../rpc/rpc-failure.ts'
import { type ChainReader, type FoundLogs, readConcurrency } from './chain-reader.ts'
import type { Branch, TrackedBlock } from './chain-window.ts'
import { rangeSize } from './range-size.ts'

/** What a second reading found that the first one had not brought. */
export interface LateFinds {
  /** In the order of the chain. */
  readonly logs: readonly AdjudicatorLog[]
  readonly doubtful: readonly ChannelId[]
  /** `false`: something may concern any channel. */
  readonly isComplete: boolean
}

/**
 * Nodes announce blocks before they have indexed their logs, or behind one address some have a block and others do not yet;
 * then a list of logs is empty, and no error. So every block that was told is read a second time, at another endpoint where
 * there is one. A block that says itself that it may hold logs but brought none is asked for again sooner, as is one with
 * something that nobody could read: if that stays so, any record may have changed.
 */
export interface SecondReading {
  /** What was told. @param reorgedFrom number of the lowest block that was removed before that */
  told(branch: Pick<Branch, 'blocks' | 'isComplete'>, reorgedFrom: bigint | undefined): void
  /** Nothing of what was told stands any more. */
  forget(): void
  /** Reads in the background what is due. Never throws. */
  begin(): void
  /** What was found since the last call. */
  take(): LateFinds
  /** Milliseconds until something is due; `undefined` while nothing is so urgent that the next look at the head would not do. */
  readonly dueInMs: number | undefined
}

export interface SecondReadingDeps {
  readonly reader: Pick<ChainReader, 'logsOfBlock' | 'logsOfBranch' | 'mayHoldLogs'>
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
  /** Called when there is something to take. */
  readonly onFound: () => void
}

/**
 * When blocks are read again: at what age at least, and how often such readings take place at most, in milliseconds. They have
 * a budget of their own. The first finds what is a little late, the last what an index had lost for a while.
 */
const rounds = [
  { ageMs: 4_000, pauseMs: 4_000 },
  { ageMs: 15_000, pauseMs: 10_000 },
  { ageMs: 60_000, pauseMs: 30_000 },
] as const

/** When a block that may hold logs is asked for again. */
const suspectDelaysMs: readonly number[] = [500, 2_000, 8_000]

const shortestWaitMs = 250

/** Blooms of busy chains are nearly full: most suspects are innocent. */
const mostSuspects = 64

/** Blocks that wait for their second reading; more only while that fails for long. */
const mostBlocks = 2_048

const rangeSizes = { first: 128n, largest: 1_024n } as const

/** A block that waits for its next reading. */
interface Waiting {
  readonly block: TrackedBlock
  readonly toldAt: number
  /** How many of {@link rounds} it has behind it. */
  readonly round: number
}

interface Suspect {
  readonly block: TrackedBlock
  /** Whether it brought something that nobody could read. */
  readonly isUnreadable: boolean
  readonly tries: number
  readonly at: number
}

const nothing: LateFinds = { logs: [], doubtful: [], isComplete: true }

/** What makes a log the same in both readings, whatever position a node gives it. */
function keyOf({ block, channelId, version, phase, timeout, transactionHash }: AdjudicatorLog): string {
  return [block.hash, channelId, version, phase, timeout, transactionHash].join(' ')
}

/** Those of `again` that are more often in it than in `before`: the same log can truly stand twice in a block. */
function newOnes(before: readonly AdjudicatorLog[], again: readonly AdjudicatorLog[]): readonly AdjudicatorLog[] {
  const left = new Map<string, number>()
  for (const log of before) left.set(keyOf(log), (left.get(keyOf(log)) ?? 0) + 1)
  return again.filter((log) => {
    const count = left.get(keyOf(log)) ?? 0
    left.set(keyOf(log), count - 1)
    return count <= 0
  })
}

export function secondReading(
  { reader, clock, logger, onFound }: SecondReadingDeps,
  options: AbortOptions,
): SecondReading {
  const size = rangeSize(rangeSizes)
  let waiting: readonly Waiting[] = []
  let suspects: ReadonlyMap<BlockHash, Suspect> = new Map()
  let finds = nothing
  const readAt: number[] = rounds.map(() => clock.now())
  let isReading = false

  function isSuspect({ header, logs }: TrackedBlock): boolean {
    return logs.length === 0 && reader.mayHoldLogs(header) === true
  }

  function note(before: readonly TrackedBlock[], { logs, doubtful, isComplete }: FoundLogs): void {
    const late = newOnes(
      before.flatMap((block) => block.logs),
      logs,
    )
    const found = new Set(late.map(({ block }) => block.hash))
    suspects = new Map([...suspects].filter(([hash]) => !found.has(hash)))
    if (late.length === 0 && doubtful.length === 0 && isComplete) return
    // Kept, so that another reading does not find the same again.
    waiting = waiting.map((each) => {
      const own = late.filter((log) => log.block.hash === each.block.header.hash)
      return own.length === 0 ? each : { ...each, block: { ...each.block, logs: [...each.block.logs, ...own] } }
    })
    finds = {
      logs: [...finds.logs, ...late],
      doubtful: [...finds.doubtful, ...doubtful],
      isComplete: finds.isComplete && isComplete,
    }
    if (late.length > 0)
      logger.warn('The RPC endpoint gave logs late', { logs: late.length, block: late[0]?.block.number })
    onFound()
  }

  async function readSuspect(suspect: Suspect, signal: AbortSignal): Promise<void> {
    const { block, tries, isUnreadable } = suspect
    const { hash } = block.header
    const delay = suspectDelaysMs[tries + 1]
    const rest = [...suspects].filter(([other]) => other !== hash)
    const next = delay === undefined ? [] : [[hash, { ...suspect, tries: tries + 1, at: clock.now() + delay }] as const]
    suspects = new Map([...rest, ...next])
    const found = await reader.logsOfBlock(block.header, { signal, secondOpinion: tries % 2 === 1 })
    // Whatever cannot be read may be better the next time.
    note([block], { ...found, isComplete: found.isComplete || (isUnreadable && delay !== undefined) })
    if (found.isComplete)
      suspects = new Map([...suspects].filter(([other, { isUnreadable }]) => other !== hash || !isUnreadable))
  }

  /** Blocks next to each other whose next reading is this one, the oldest first. */
  function dueIn(round: number, ageMs: number): readonly Waiting[] {
    const first = waiting.findIndex((each) => each.round === round)
    const later = first < 0 ? [] : waiting.slice(first)
    const end = later.findIndex((each) => each.round !== round || clock.now() - each.toldAt < ageMs)
    return (end < 0 ? later : later.slice(0, end)).slice(0, Number(size.blocks))
  }

  async function readRound(round: number, ageMs: number, signal: AbortSignal): Promise<void> {
    const due = dueIn(round, ageMs)
    if (due.length === 0) return
    const headers: readonly Header[] = due.map(({ block }) => block.header)
    const hashes = new Set(headers.map(({ hash }) => hash))
    const isDue = ({ block }: Waiting): boolean => hashes.has(block.header.hash)
    try {
      const found = await reader.logsOfBranch(headers, { signal, secondOpinion: true })
      // With the logs that a suspect has brought meanwhile, and without blocks that are gone.
      const standing = waiting.filter(isDue).map(({ block }) => block)
      note(standing, {
        ...found,
        logs: found.logs.filter((log) => standing.some(({ header }) => header.hash === log.block.hash)),
      })
      const read = waiting.map((each) => (isDue(each) ? { ...each, round: round + 1 } : each))
      waiting = read.filter((each) => each.round < rounds.length)
      size.accepted(BigInt(due.length))
    } catch (error) {
      const failure = rpcFailure('eth_getLogs', error)
      const isElsewhere = failure === 'service' || failure === 'method' || failure === 'history'
      if (!isElsewhere) size.refused(BigInt(due.length))
      throw error
    }
  }

  async function read(signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const suspected = [...suspects.values()].filter(({ at }) => at <= now)
    const readings = rounds.flatMap(({ ageMs, pauseMs }, round) => {
      if (now - (readAt[round] ?? 0) < pauseMs) return []
      readAt[round] = now
      return [readRound(round, ageMs, signal)]
    })
    const outcomes = await Promise.allSettled([
      mapConcurrently(suspected, readConcurrency / 2, (suspect) => readSuspect(suspect, signal)),
      ...readings,
    ])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && !signal.aborted) {
        logger.debug('A second reading failed', { error: toError(outcome.reason).message })
      }
    }
  }

  return {
    told({ blocks: added, isComplete }, reorgedFrom) {
      const stays = ({ header }: TrackedBlock): boolean => reorgedFrom === undefined || header.number < reorgedFrom
      const toldAt = clock.now()
      const fresh = added.map((block): Waiting => ({ block, toldAt, round: 0 }))
      waiting = [...waiting.filter(({ block }) => stays(block)), ...fresh].slice(-mostBlocks)
      const at = toldAt + (suspectDelaysMs[0] ?? 0)
      const suspected = added
        .filter((block) => !isComplete || isSuspect(block))
        .map((block) => [block.header.hash, { block, isUnreadable: !isComplete, tries: 0, at }] as const)
      suspects = new Map([...[...suspects].filter(([, { block }]) => stays(block)), ...suspected].slice(-mostSuspects))
      finds = {
        ...finds,
        logs: finds.logs.filter(({ block }) => reorgedFrom === undefined || block.number < reorgedFrom),
      }
    },
    forget() {
      waiting = []
      suspects = new Map()
      finds = nothing
    },
    begin() {
      if (isReading) return
      isReading = true
      const end = (): void => {
        isReading = false
      }
      withScope(options.signal, ({ signal }) => read(signal)).then(end, end)
    },
    take() {
      const taken = finds
      finds = nothing
      return taken
    },
    get dueInMs() {
      if (suspects.size === 0) return undefined
      const next = Math.min(...[...suspects.values()].map(({ at }) => at))
      // One that is due may be waiting for those before it.
      return Math.max(shortestWaitMs, next - clock.now())
    },
  }
}
