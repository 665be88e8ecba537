import type { Lifetime } from '../../async/lifetime.ts'
import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import { silenceMs } from '../../dispute/timing.ts'
import { toError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { LedgerThroughput } from '../chain/ledger-throughput.ts'
import type { Assessment } from './assessor.ts'
import { attemptPace } from './attempt-pace.ts'
import type { DisputeDeps } from './dispute-context.ts'
import { type DisputeMemory, disputeMemory } from './dispute-memory.ts'
import { givenAnswers } from './given-answers.ts'
import { runDispute } from './run-dispute.ts'

/** Runs one dispute per family: families side by side, the steps of one family one after the other. */
export interface DisputeScheduler {
  /**
   * Something of the family changed: look at it.
   *
   * @param options.isResumed whether a process before this one may have worked on it, and owe it a conclusion.
   */
  wake(root: ChannelId, options?: { readonly isResumed?: boolean }): void
  /** A block came. */
  tick(): void
  /** Whether the family's last attempt failed. */
  hasFailed(root: ChannelId): boolean
  isUnderWay(root: ChannelId): boolean
  /** Whether the family has a dispute under way, or a problem that may still be solved. */
  isOpen(root: ChannelId): boolean
  /** The families that are open. */
  readonly open: readonly ChannelId[]
  /** Resolves when no dispute of these families is under way. */
  atRest(roots: readonly ChannelId[], options?: AbortOptions): Promise<void>
  /** Resolves when no dispute at all is under way. */
  allAtRest(options?: AbortOptions): Promise<void>
}

interface Dispute {
  readonly changes: WakeSignal
}

export interface DisputeSchedulerDeps extends DisputeDeps {
  readonly lifetime: Lifetime
  readonly ledgerThroughput: LedgerThroughput
}

export function disputeScheduler(deps: DisputeSchedulerDeps): DisputeScheduler {
  const { lifetime, logger, clock, chainClock, ledgerThroughput } = deps
  const underWay = new Map<ChannelId, Dispute>()
  /** Families to look at again with every tick: a problem may be solved, or its window may close. */
  const waiting = new Set<ChannelId>()
  /** Of the families that are open. */
  const memories = new Map<ChannelId, DisputeMemory>()
  const answers = givenAnswers(deps)
  const pace = attemptPace(deps)
  /** Whoever waits for disputes to end, and for which. */
  const waits = new Set<(root: ChannelId) => boolean>()
  const ticks = wakeSignal()
  const ended = wakeSignal()
  const awaited = wakeSignal()
  let isMindingTheClock = false

  function memoryOf(root: ChannelId): DisputeMemory {
    const known = memories.get(root)
    if (known !== undefined) return known
    const memory = disputeMemory()
    memories.set(root, memory)
    return memory
  }

  function isCrowded(): boolean {
    const places = ledgerThroughput.current?.places ?? Number.POSITIVE_INFINITY
    return underWay.size > places
  }

  async function work(root: ChannelId, { changes }: Dispute, signal: AbortSignal): Promise<void> {
    const isAwaited = (): boolean => [...waits].some((isWaitedFor) => isWaitedFor(root))
    const shared = { ...deps, answers, attemptPace: pace, isCrowded, awaited, ticks }
    const dispute = { ...shared, root, memory: memoryOf(root), isAwaited, changes, signal }
    let last: Assessment
    let seen: number
    do {
      seen = changes.count
      last = await runDispute(dispute)
    } while (changes.count > seen)
    close(root, last.isOpen)
  }

  /** In one step: whoever wakes the family before this reaches the dispute, whoever does so after starts a new one. */
  function close(root: ChannelId, isOpen: boolean): void {
    underWay.delete(root)
    if (isOpen) waiting.add(root)
    else memories.delete(root)
    ended.wake()
  }

  function start(root: ChannelId): void {
    const dispute = { changes: wakeSignal() }
    underWay.set(root, dispute)
    waiting.delete(root)
    lifetime
      .run((signal) => work(root, dispute, signal))
      .catch((error: unknown) => {
        if (!lifetime.isOver) {
          logger.error('Dispute interrupted; it is resumed with the next block', { root }, toError(error))
        }
        close(root, true)
      })
    if (!isMindingTheClock) void mindTheClock()
  }

  function tick(): void {
    deps.assessor.tick()
    ticks.wake()
    pace.tick()
    answers.forget()
    for (const root of [...waiting]) start(root)
  }

  /** Where no block comes, the clock is a reason to look as well. Sleeps only while a family is open. */
  async function mindTheClock(): Promise<void> {
    isMindingTheClock = true
    try {
      while (underWay.size + waiting.size > 0) {
        const seen = ticks.count
        await lifetime.run((signal) => clock.sleep(silenceMs(chainClock.secondsPerBlock), { signal }))
        if (ticks.count === seen) tick()
      }
    } catch (error) {
      if (!lifetime.isOver) logger.error('The clock failed', {}, error)
    }
    isMindingTheClock = false
  }

  async function restOf(isAwaited: (root: ChannelId) => boolean, options: AbortOptions): Promise<void> {
    const isBusy = (): boolean => [...underWay.keys()].some(isAwaited)
    waits.add(isAwaited)
    awaited.wake()
    try {
      for (let seen = ended.count; isBusy(); seen = ended.count) await ended.after(seen, options)
    } finally {
      waits.delete(isAwaited)
    }
  }

  return {
    wake(root, { isResumed = false } = {}) {
      if (isResumed) memoryOf(root).owesConclusion = true
      const dispute = underWay.get(root)
      if (dispute === undefined) start(root)
      else dispute.changes.wake()
    },
    tick,
    hasFailed: (root) => memories.get(root)?.hasFailed ?? false,
    get open() {
      return [...new Set([...underWay.keys(), ...waiting])]
    },
    isOpen: (root) => underWay.has(root) || waiting.has(root),
    isUnderWay: (root) => underWay.has(root),
    atRest: (roots, options = {}) => restOf((root) => roots.includes(root), options),
    allAtRest: (options = {}) => restOf(() => true, options),
  }
}
