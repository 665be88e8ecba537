import { timeLimit } from '../../async/time-limit.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { BulkReading, Subscriber } from '../../spi/chain.ts'
import type { AbortOptions, Clock } from '../../spi/runtime.ts'
import { callTimeoutMs } from '../channels/call-timeout.ts'

export interface ChainReader
  extends Pick<Subscriber, 'readRecord' | 'recoverStates' | 'recoverProgress' | 'findRegistrations'> {
  readRecords(ids: readonly ChannelId[], options?: AbortOptions): Promise<BulkReading>
}

type AnyChain = Pick<Subscriber, keyof ChainReader>

/** How many are read at a time of a ledger that reads each record by a call of its own. */
const singlesAtOnce = 16

/**
 * The same ledger, but every reading ends: a few that never answer must not use up all the permits. And every ledger reads many
 * records.
 */
export function withReadTimeout(chain: AnyChain, clock: Clock): ChainReader {
  const expired = (): WatcherError =>
    new WatcherError('CHAIN_UNREACHABLE', `The ledger did not answer within ${callTimeoutMs} ms.`)
  const limit = timeLimit(clock, callTimeoutMs)
  const readRecord: ChainReader['readRecord'] = (id, options) => limit.run(() => chain.readRecord(id, options), expired)

  async function readSingly(ids: readonly ChannelId[], options: AbortOptions | undefined): Promise<BulkReading> {
    const readings = await Promise.all(ids.slice(0, singlesAtOnce).map((id) => readRecord(id, options)))
    return { readings, calls: readings.length, way: 'single' }
  }

  const { recoverProgress } = chain

  return {
    readRecord,
    readRecords: (ids, options) =>
      limit.run(() => chain.readRecords?.(ids, options) ?? readSingly(ids, options), expired),
    findRegistrations: (id, options) => limit.run(() => chain.findRegistrations(id, options), expired),
    recoverStates: (change, options) => limit.run(() => chain.recoverStates(change, options), expired),
    recoverProgress:
      recoverProgress && ((change, options) => limit.run(() => recoverProgress(change, options), expired)),
  }
}
