import { timeLimit } from '../../async/time-limit.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { Subscriber } from '../../spi/chain.ts'
import type { Clock } from '../../spi/runtime.ts'
import { callTimeoutMs } from '../channels/call-timeout.ts'

export type ChainReader = Pick<Subscriber, 'readRecord' | 'recoverStates' | 'findRegistrations'>

/** The same ledger, but every reading ends: a few that never answer must not use up all the permits. */
export function withReadTimeout(chain: ChainReader, clock: Clock): ChainReader {
  const expired = (): WatcherError =>
    new WatcherError('CHAIN_UNREACHABLE', `The ledger did not answer within ${callTimeoutMs} ms.`)
  const limit = timeLimit(clock, callTimeoutMs)
  return {
    readRecord: (id, options) => limit.run(() => chain.readRecord(id, options), expired),
    findRegistrations: (id, options) => limit.run(() => chain.findRegistrations(id, options), expired),
    recoverStates: (log, options) => limit.run(() => chain.recoverStates(log, options), expired),
  }
}
