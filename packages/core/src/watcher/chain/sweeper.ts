import { backOffMs } from '../../async/back-off.ts'
import { firstOf } from '../../async/first-of.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { msUntil } from '../../async/ms-until.ts'
import { wakeSignal } from '../../async/wake-signal.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { BulkReading } from '../../spi/chain.ts'
import type { Clock, Logger, Random } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import { callBudget } from './call-budget.ts'
import type { Newcomers } from './newcomers.ts'
import type { RecordReader } from './record-reader.ts'
import { periodMs, type SweepPass, sweepPass } from './sweep-pass.ts'
import type { ChainReader } from './with-read-timeout.ts'

/**
 * Reads what the adjudicator holds of every channel again and again, whatever the logs say: each channel once per quarter of
 * its own challenge window, all of them at a start and after a gap, and newcomers again. A node that leaves logs out cannot hide a dispute.
 */
export interface Sweeper {
  /** 1 while all channels are being read as soon as possible. */
  readonly size: number
  /** Whether not all channels were read since there was a gap. */
  readonly isBehindGap: boolean
  /** Records, since the start, that no log had told when they were read. */
  readonly found: number
  /** Calls of the ledger's endpoint since the start. */
  readonly calls: number
  /** Reads all channels, as soon as the budget of calls lets it. */
  sweepAll(): void
  /** The same, as any record may have changed. */
  afterGap(): void
  /** The log stream is up to date. The first readings wait for that, though not for long. */
  current(): void
  /** Reads until the lifetime ends. Never rejects. */
  run(): Promise<void>
}

/** How the sweep is bounded. */
export interface SweepSettings {
  readonly callsPerMinute: number
  readonly shortestPeriodSeconds: number
}

export interface SweeperDeps {
  readonly sweep: SweepSettings
  readonly index: Pick<ChannelIndex, 'byWindow'>
  readonly reader: Pick<ChainReader, 'readRecords'>
  readonly recordReader: Pick<RecordReader, 'take'>
  readonly newcomers: Newcomers
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly lifetime: Lifetime
}

/** As many as any ledger reads together; what is left of them is kept for the next reading. */
const mostAtOnce = 8_192

/** A stream that is not up to date by then may never be. */
const patienceMs = 30_000

/** Where nothing is due any sooner. */
const longestPauseMs = 3_600_000

const noIds: ReadonlySet<ChannelId> = new Set()

interface ClassPass {
  readonly windowSeconds: number
  readonly pass: SweepPass
}

export function sweeper(deps: SweeperDeps): Sweeper {
  const { index, reader, recordReader, newcomers, clock, random, logger, lifetime } = deps
  const shortestMs = deps.sweep.shortestPeriodSeconds * 1_000
  const budget = callBudget(deps.sweep.callsPerMinute, clock)
  const hurried = wakeSignal()
  const firstCurrent = wakeSignal()
  /** Of each class that there is; the one that has waited longest comes first. */
  let passes: readonly ClassPass[] = []
  let found = 0
  let calls = 0
  let isGapOpen = false
  let hadNewcomers = false
  /** Classes that cannot be read as often as they should. */
  const late = new Set<number>()

  function idsOf(windowSeconds: number): ReadonlySet<ChannelId> {
    for (const each of index.byWindow) if (each.windowSeconds === windowSeconds) return each.ids
    return noIds
  }

  /** Takes in which classes there are by now. */
  function refresh(): void {
    const there = [...index.byWindow].map(({ windowSeconds }) => windowSeconds)
    const kept = passes.filter(({ windowSeconds }) => there.includes(windowSeconds))
    const added = there.filter((each) => !kept.some(({ windowSeconds }) => windowSeconds === each))
    passes = [
      ...kept,
      ...added.map((windowSeconds) => ({
        windowSeconds,
        pass: sweepPass(
          () => idsOf(windowSeconds),
          periodMs({ windowSeconds }, shortestMs),
          () => clock.now(),
          mostAtOnce,
        ),
      })),
    ]
  }

  /** In turns, so that channels with short windows leave room for the others where the budget does not suffice for all. */
  function nextDue(): ClassPass | undefined {
    const due = passes.find(({ pass }) => pass.dueAtMs <= clock.now())
    if (due !== undefined) passes = [...passes.filter((each) => each !== due), due]
    return due
  }

  /** Newcomers come first, but in turns with the others: watches may begin without pause. */
  function nextWork(): ClassPass | 'newcomers' | undefined {
    const areNewcomersDue = newcomers.dueAtMs <= clock.now()
    const due = areNewcomersDue && !hadNewcomers ? undefined : nextDue()
    hadNewcomers = due === undefined && areNewcomersDue
    return hadNewcomers ? 'newcomers' : due
  }

  async function untilDue(signal: AbortSignal): Promise<void> {
    const { added } = index.byWindow
    const [hurries, classes, arrivals] = [hurried.count, added.count, newcomers.added.count]
    const next = Math.min(newcomers.dueAtMs, ...passes.map(({ pass }) => pass.dueAtMs))
    const ms = Math.min(longestPauseMs, Math.max(1, msUntil(clock, next)))
    await firstOf(signal, [
      (options) => clock.sleep(ms, options),
      (options) => hurried.after(hurries, options),
      (options) => added.after(classes, options),
      (options) => newcomers.added.after(arrivals, options),
    ])
  }

  function takeIn(ids: readonly ChannelId[], { readings, way }: BulkReading): number {
    let count = 0
    for (const id of ids) {
      const reading = readings[count]
      if (reading === undefined) break
      count += 1
      newcomers.done(id, reading.block.number)
      if (!recordReader.take(id, reading)) continue
      found += 1
      logger.warn('Record found that no log had told', { channel: id, version: reading.record?.version, way })
    }
    if (count > 0) return count
    throw new WatcherError('CHAIN_DATA_INVALID', 'A reading of many records told nothing.')
  }

  function end({ windowSeconds, pass }: ClassPass): void {
    const wasHurried = pass.isHurried
    const lateMs = pass.end()
    const isLateNow = lateMs > periodMs({ windowSeconds }, shortestMs) / 2
    if (isLateNow && !late.has(windowSeconds)) {
      logger.warn('Records are read less often than once per quarter of their window', {
        windowSeconds,
        channels: idsOf(windowSeconds).size,
        lateSeconds: Math.round(lateMs / 1_000),
      })
    }
    if (isLateNow) late.add(windowSeconds)
    else late.delete(windowSeconds)
    if (wasHurried) logger.debug('All records were read', { windowSeconds, calls })
  }

  /** @returns how many of them were read, from the first on. */
  async function readTogether(ids: readonly ChannelId[], signal: AbortSignal): Promise<number> {
    await budget.allowed(signal)
    let spent = 1
    try {
      const reading = await reader.readRecords(ids, { signal })
      spent = callsOf(reading, ids.length)
      return takeIn(ids, reading)
    } finally {
      calls += spent
      budget.spend(spent)
    }
  }

  async function read(due: ClassPass, signal: AbortSignal): Promise<void> {
    const ids = due.pass.next(mostAtOnce)
    if (ids.length === 0) return end(due)
    due.pass.done(await readTogether(ids, signal))
    if (due.pass.next(1).length === 0) end(due)
  }

  async function readNewcomers(signal: AbortSignal): Promise<void> {
    const ids = newcomers.next(mostAtOnce)
    try {
      if (ids.length > 0) await readTogether(ids, signal)
      newcomers.end()
    } catch (error) {
      newcomers.putOff()
      throw error
    }
  }

  async function readOn(signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; ) {
      refresh()
      const work = nextWork()
      if (work === undefined) {
        await untilDue(signal)
        continue
      }
      try {
        if (work === 'newcomers') await readNewcomers(signal)
        else await read(work, signal)
        failures = 0
      } catch (error) {
        signal.throwIfAborted()
        failures += 1
        logger.warn('Records cannot be read in bulk', { failures }, error)
        await clock.sleep(backOffMs(failures, pauses, random), { signal })
      }
    }
  }

  function sweepAll(): void {
    refresh()
    for (const { pass } of passes) pass.hurry()
    hurried.wake()
  }

  const isHurried = (): boolean =>
    passes.some(({ pass, windowSeconds }) => pass.isHurried && idsOf(windowSeconds).size > 0)

  return {
    get size() {
      return isHurried() ? 1 : 0
    },
    get isBehindGap() {
      isGapOpen &&= isHurried()
      return isGapOpen
    },
    get found() {
      return found
    },
    get calls() {
      return calls
    },
    sweepAll,
    afterGap() {
      sweepAll()
      isGapOpen = true
    },
    current() {
      if (firstCurrent.count === 0) firstCurrent.wake()
    },
    async run() {
      try {
        await lifetime.run(async (signal) => {
          // Readings at a block that the stream has not told count for less.
          await firstOf(signal, [
            (options) => clock.sleep(patienceMs, options),
            (options) => firstCurrent.after(0, options),
          ])
          await readOn(signal)
        })
      } catch (error) {
        if (!lifetime.isOver) logger.error('Records are not read in bulk any more', {}, error)
      }
    },
  }
}

/** Whatever a ledger says: one at least, and no more than asking for each channel twice takes, with some to spare. */
function callsOf({ calls }: BulkReading, asked: number): number {
  return calls >= 1 ? Math.min(calls, 2 * asked + 16) : 1
}

/** Between two readings after one that failed. */
const pauses = { firstDelayMs: 1_000, longestDelayMs: 30_000 }
