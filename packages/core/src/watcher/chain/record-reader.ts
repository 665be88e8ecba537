import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { semaphore } from '../../async/semaphore.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName, LedgerId } from '../../model/brand.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import type { RecordReading } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'
import { isSameRecord } from '../channels/records.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { ChainClock } from './chain-clock.ts'
import type { Newcomers } from './newcomers.ts'
import { recordDoubts } from './record-doubts.ts'
import type { ReadingOutcome, RecordTracker } from './record-tracker.ts'
import type { ChainReader } from './with-read-timeout.ts'

/**
 * Reads records from the contract and stores them, so that a dispute whose log is not read again survives a restart.
 * What a reading says instead of what was known counts at once, but is not believed once: see {@link RecordDoubts}.
 */
export interface RecordReader {
  /** Readings in the background. */
  readonly size: number
  /** Reads in the background until it succeeds, and then once more if it was asked for meanwhile. */
  readInBackground(id: ChannelId): void
  /** Tries once, for callers that can go on without the answer. Never rejects. @returns whether it was read. */
  tryReading(id: ChannelId, signal: AbortSignal | undefined): Promise<boolean>
  /**
   * Takes in what was read of a channel together with many others. What is new counts at once, and is read by itself as well,
   * which stores it; what the adjudicator seems to have forgotten counts only once it was read by itself. Never throws.
   *
   * @returns whether it is a record that neither a log nor an earlier reading told.
   */
  take(id: ChannelId, reading: RecordReading): boolean
}

/** Many records may change at once, which must not overwhelm the endpoint. */
const readingsAtOnce = 32

export interface RecordReaderDeps extends RetryDeps {
  readonly ledger: LedgerId
  readonly reader: ChainReader
  readonly index: Pick<ChannelIndex, 'get' | 'payersOf'>
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly mutex: KeyedMutex<ChannelId>
  readonly recordTracker: RecordTracker
  readonly newcomers: Pick<Newcomers, 'add'>
  readonly chainClock: Pick<ChainClock, 'secondsPerBlock'>
  readonly mailboxes: Pick<Mailboxes, 'flush'>
  readonly logger: Logger
  readonly lifetime: Lifetime
  /** Called when a reading brought something new. */
  readonly onNews: (id: ChannelId) => void
  /** Called after every reading. */
  readonly onReading: (id: ChannelId) => void
}

export function recordReader(deps: RecordReaderDeps): RecordReader {
  const { ledger, index, book, lifetime } = deps
  /** Readings under way, and whether they were asked for again since: then they may be too old. */
  const underWay = new Map<ChannelId, boolean>()
  const permits = semaphore<ClientName>(readingsAtOnce)

  function apply(id: ChannelId, reading: RecordReading): ReadingOutcome {
    const before = index.get(id)
    const outcome = deps.recordTracker.apply(id, reading)
    const now = index.get(id)?.record
    if (isReplaced(before?.record, now)) doubts.raise(id)
    // What it took back, by denying a log once more, counts as well as what it brought.
    if (changesAnything(outcome) || !isSameRecord(before?.record, now)) deps.onNews(id)
    const isFirst = before !== undefined && before.record === undefined && before.readAt === undefined
    if (isFirst && reading.record === undefined) deps.newcomers.add(id)
    return outcome
  }

  async function readOnce(id: ChannelId, signal: AbortSignal): Promise<void> {
    const reading = await permits.run(index.payersOf(id), () => {
      // Whoever gave up meanwhile must not take a place for a call that nobody waits for.
      signal.throwIfAborted()
      return deps.reader.readRecord(id, { signal })
    })
    const outcome = apply(id, reading)
    deps.onReading(id)
    // Clients are not notified of a stored record again, so the events about it have to be stored first.
    await deps.mailboxes.flush(id)
    // What may be from a block that does not exist must not outlive this process.
    if (outcome === 'doubtful' || outcome === 'discarded') {
      throw new WatcherError('CHAIN_UNREACHABLE', 'The record was read at a block that the log stream has not told.', {
        details: [`Channel ${id} was read at block ${reading.block.number}.`],
      })
    }
    await deps.mutex.run(id, () => keep(id))
  }

  /** Stores the record as it is known now, which may be newer than the one that was read. */
  async function keep(id: ChannelId): Promise<void> {
    const channel = await book.read(id)
    if (channel === undefined) return
    await book.commit(channel, [{ type: 'putRecord', id, ledger, record: channel.entry.record }])
  }

  async function readUntilCurrent(id: ChannelId): Promise<void> {
    try {
      do {
        underWay.set(id, false)
        await lifetime.run((signal) => retry(deps, () => readOnce(id, signal), signal))
      } while (underWay.get(id))
    } catch (error) {
      if (!lifetime.isOver) deps.logger.error('Record cannot be read', { channel: id }, error)
    }
    underWay.delete(id)
  }

  function readInBackground(id: ChannelId): void {
    if (underWay.has(id)) underWay.set(id, true)
    else void readUntilCurrent(id)
  }

  async function tryReading(id: ChannelId, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await lifetime.run((ownSignal) =>
        readOnce(id, signal === undefined ? ownSignal : AbortSignal.any([signal, ownSignal])),
      )
      return true
    } catch {
      return false
    }
  }

  const doubts = recordDoubts({ ...deps, read: (id) => tryReading(id, undefined) })

  return {
    get size() {
      return underWay.size
    },
    readInBackground,
    tryReading,
    take(id, reading) {
      const entry = index.get(id)
      if (entry === undefined) return false
      if (isUnchanged(entry, reading)) {
        if (reading.record !== undefined) deps.onReading(id)
        return false
      }
      if (forgets(entry, reading)) {
        readInBackground(id)
        return false
      }
      const outcome = apply(id, reading)
      if (outcome === 'same') return false
      readInBackground(id)
      return outcome === 'news'
    },
  }
}

/** Whether something else counts than what was known; not where only the hash was added. */
function isReplaced(known: OnChainRecord | undefined, now: OnChainRecord | undefined): boolean {
  if (known === undefined) return false
  return !isSameRecord(known, now) || (known.stateHash !== undefined && known.stateHash !== now?.stateHash)
}

/** Whether families have to be decided anew: not for what is read again and again and not believed. */
function changesAnything(outcome: ReadingOutcome): boolean {
  return outcome !== 'same' && outcome !== 'discarded'
}

/** Nothing is to be done; so it is of nearly all channels, nearly always. */
function isUnchanged({ record, unbriefed }: ChannelEntry, reading: RecordReading): boolean {
  if (unbriefed.length > 0) return false
  return isSameRecord(record, reading.record) && record?.stateHash === reading.record?.stateHash
}

/** Whether less is said than was known: no ledger forgets, but an answer about many may be wrong about one. */
function forgets({ record: known }: ChannelEntry, { record }: RecordReading): boolean {
  return known !== undefined && (record === undefined || record.version < known.version)
}
