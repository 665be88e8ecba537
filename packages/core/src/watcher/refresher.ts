import type { ChannelId } from '../model/brand.ts'
import type { Subscriber } from '../spi/chain.ts'
import type { RecordKeeper } from './record-keeper.ts'
import { type RetryDeps, retry } from './retry.ts'

/** Reads records from the contract, again and again until it answers, one reading per channel at a time. */
export interface Refresher {
  /** Resolves once the record was read. Never rejects but for the signal of the engine. */
  refresh(id: ChannelId): Promise<void>
  /** One try; for callers that can go on without the answer. @returns whether it was read. */
  tryOnce(id: ChannelId, signal: AbortSignal | undefined): Promise<boolean>
}

export interface RefresherDeps extends RetryDeps {
  readonly chain: Subscriber
  readonly records: RecordKeeper
  readonly signal: AbortSignal
  /** Called when a reading told something new. */
  readonly onNews: (id: ChannelId) => void
}

export function refresher(deps: RefresherDeps): Refresher {
  const underWay = new Map<ChannelId, Promise<void>>()

  async function readOnce(id: ChannelId, signal: AbortSignal): Promise<void> {
    const reading = await deps.chain.readRecord(id, { signal })
    if (deps.records.apply(id, reading)) deps.onNews(id)
  }

  function start(id: ChannelId): Promise<void> {
    const reading = retry(deps, () => readOnce(id, deps.signal), deps.signal).finally(() => underWay.delete(id))
    underWay.set(id, reading)
    return reading
  }

  return {
    refresh: (id) => underWay.get(id) ?? start(id),
    async tryOnce(id, signal) {
      try {
        await readOnce(id, signal === undefined ? deps.signal : AbortSignal.any([signal, deps.signal]))
        return true
      } catch (error) {
        if (signal?.aborted || deps.signal.aborted) throw error
        return false
      }
    },
  }
}
