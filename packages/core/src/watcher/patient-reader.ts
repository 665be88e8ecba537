import { WatcherError } from '../errors/watcher-error.ts'
import type { Subscriber } from '../spi/chain.ts'
import type { Clock } from '../spi/runtime.ts'
import { patienceMs, timeLimit } from './time-limit.ts'

export type EngineReader = Pick<Subscriber, 'readRecord' | 'recoverStates'>

/** The same ledger, but every reading ends: a few that never answer must not use up the places of all the others. */
export function patientReader(chain: EngineReader, clock: Clock): EngineReader {
  const expired = (): WatcherError =>
    new WatcherError('CHAIN_UNREACHABLE', `The ledger did not answer within ${patienceMs} ms.`)
  const limit = timeLimit(clock, patienceMs)
  return {
    readRecord: (id, options) => limit.run(() => chain.readRecord(id, options), expired),
    recoverStates: (log, options) => limit.run(() => chain.recoverStates(log, options), expired),
  }
}
