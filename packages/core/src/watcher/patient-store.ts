import { WatcherError } from '../errors/watcher-error.ts'
import type { Clock } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import { withTimeLimit } from './time-limit.ts'

/** A store that has not answered after this long counts as failed; the call may still have been carried out. */
const patienceMs = 30_000

export type EngineStore = Pick<Store, 'open' | 'load' | 'commit' | 'channels' | 'cursor' | 'close'>

/** The same store, but every call ends: one that never answers must not hold a family, let alone all of them. */
export function patientStore(store: Store, clock: Clock): EngineStore {
  const limited = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    withTimeLimit(
      {
        clock,
        limitMs: patienceMs,
        expired: () => new WatcherError('STORE_FAILED', `The store did not answer ${what} within ${patienceMs} ms.`),
      },
      call,
    )
  return {
    open: (ledgerId, options) => limited('open', () => store.open(ledgerId, options)),
    load: (id, options) => limited('load', () => store.load(id, options)),
    commit: (changes, options) => limited('commit', () => store.commit(changes, options)),
    cursor: (options) => limited('cursor', () => store.cursor(options)),
    channels: (options) => store.channels(options),
    close: () => store.close(),
  }
}
