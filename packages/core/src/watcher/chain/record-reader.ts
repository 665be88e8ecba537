import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { type RetryDeps, retry } from '../../async/retry.ts'
import { semaphore } from '../../async/semaphore.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, LedgerId } from '../../model/brand.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { RecordTracker } from './record-tracker.ts'
import type { ChainReader } from './with-read-timeout.ts'

/** Reads records from the contract and stores them, so that a dispute whose log is not read again survives a restart. */
export interface RecordReader {
  /** Readings in the background. */
  readonly size: number
  /** Reads in the background until it succeeds, and then once more if it was asked for meanwhile. */
  readInBackground(id: ChannelId): void
  /** Tries once, for callers that can go on without the answer. Never rejects. @returns whether it was read. */
  tryReading(id: ChannelId, signal: AbortSignal | undefined): Promise<boolean>
}

/** After a gap every record is read again, which must not overwhelm the endpoint. */
const readingsAtOnce = 32

export interface RecordReaderDeps extends RetryDeps {
  readonly ledger: LedgerId
  readonly reader: ChainReader
  readonly book: Pick<ChannelBook, 'read' | 'commit'>
  readonly mutex: KeyedMutex<ChannelId>
  readonly recordTracker: RecordTracker
  readonly mailboxes: Pick<Mailboxes, 'flush'>
  readonly logger: Logger
  readonly lifetime: Lifetime
  /** Called when a reading brought something new. */
  readonly onNews: (id: ChannelId) => void
  /** Called after every reading. */
  readonly onReading: (id: ChannelId) => void
}

export function recordReader(deps: RecordReaderDeps): RecordReader {
  const { ledger, book, lifetime } = deps
  /** Readings under way, and whether they were asked for again since: then they may be too old. */
  const underWay = new Map<ChannelId, boolean>()
  const permits = semaphore(readingsAtOnce)

  async function readOnce(id: ChannelId, signal: AbortSignal): Promise<void> {
    const reading = await permits.run(() => deps.reader.readRecord(id, { signal }))
    const outcome = deps.recordTracker.apply(id, reading)
    if (outcome !== 'same') deps.onNews(id)
    deps.onReading(id)
    // Clients are not notified of a stored record again, so the events about it have to be stored first.
    await deps.mailboxes.flush(id)
    await deps.mutex.run(id, () => keep(id))
    if (outcome === 'doubtful') {
      throw new WatcherError('CHAIN_UNREACHABLE', 'The record was read at a block that the log stream has not told.', {
        details: [`Channel ${id} was read at block ${reading.block.number}.`],
      })
    }
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

  return {
    get size() {
      return underWay.size
    },
    readInBackground(id) {
      if (underWay.has(id)) underWay.set(id, true)
      else void readUntilCurrent(id)
    },
    async tryReading(id, signal) {
      try {
        await lifetime.run((ownSignal) =>
          readOnce(id, signal === undefined ? ownSignal : AbortSignal.any([signal, ownSignal])),
        )
        return true
      } catch {
        return false
      }
    },
  }
}
