import type { ChannelId } from '../model/brand.ts'
import type { Subscriber } from '../spi/chain.ts'
import type { Logger } from '../spi/runtime.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import type { RecordKeeper } from './record-keeper.ts'
import { type RetryDeps, retry } from './retry.ts'

/** Reads records from the contract, again and again until it answers, one reading per channel at a time. */
export interface Refresher {
  /** Reads in the background until it succeeds. */
  keepTrying(id: ChannelId): void
  /** One try, for callers that can go on without the answer. Never rejects. @returns whether it was read. */
  tryOnce(id: ChannelId, signal: AbortSignal | undefined): Promise<boolean>
}

/** After a gap every record is read again; the endpoint must not drown in it. */
const readingsAtOnce = 32

export interface RefresherDeps extends RetryDeps {
  readonly chain: Subscriber
  readonly records: RecordKeeper
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Called when a reading told something new. */
  readonly onNews: (id: ChannelId) => void
}

export function refresher(deps: RefresherDeps): Refresher {
  /** Whether a reading that is under way was asked for again since, and so may be too old. */
  const underWay = new Map<ChannelId, boolean>()
  const inTurn = concurrencyLimit(readingsAtOnce)

  async function readOnce(id: ChannelId, signal: AbortSignal): Promise<void> {
    const reading = await deps.chain.readRecord(id, { signal })
    if (deps.records.apply(id, reading)) deps.onNews(id)
  }

  async function readUntilCurrent(id: ChannelId): Promise<void> {
    do {
      underWay.set(id, false)
      await retry(deps, () => inTurn(() => readOnce(id, deps.signal)), deps.signal)
    } while (underWay.get(id))
  }

  return {
    keepTrying(id) {
      if (underWay.has(id)) {
        underWay.set(id, true)
        return
      }
      readUntilCurrent(id)
        .catch((error: unknown) => {
          if (!deps.signal.aborted) deps.logger.error('Record cannot be read', { channel: id }, error)
        })
        .finally(() => underWay.delete(id))
    },
    async tryOnce(id, signal) {
      try {
        await readOnce(id, signal === undefined ? deps.signal : AbortSignal.any([signal, deps.signal]))
        return true
      } catch {
        return false
      }
    },
  }
}
