import { timeLimit } from '../../async/time-limit.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { Clock } from '../../spi/runtime.ts'
import { callTimeoutMs } from './call-timeout.ts'
import type { EngineStore } from './engine-store.ts'

/**
 * The same store, but every call ends: one that never answers must not block a family, let alone all of them. A call that
 * timed out may still be carried out.
 */
export function withStoreTimeout(store: EngineStore, clock: Clock): EngineStore {
  const limit = timeLimit(clock, callTimeoutMs)
  const limited = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    limit.run(
      call,
      () => new WatcherError('STORE_FAILED', `The store did not answer ${what} within ${callTimeoutMs} ms.`),
    )
  return {
    open: (ledgers, options) => limited('open', () => store.open(ledgers, options)),
    bind: (ledger, options) => limited('bind', () => store.bind(ledger, options)),
    load: (id, options) => limited('load', () => store.load(id, options)),
    kept: (id, line, version, hash, options) => limited('kept', () => store.kept(id, line, version, hash, options)),
    async *history(id, line, options) {
      const states = store.history(id, line, options)[Symbol.asyncIterator]()
      for (;;) {
        const next = await limited('history', () => states.next())
        if (next.done) return
        yield next.value
      }
    },
    commit: (changes, options) => limited('commit', () => store.commit(changes, options)),
    mailbox: (id, client, options) => limited('mailbox', () => store.mailbox(id, client, options)),
    cursor: (ledger, options) => limited('cursor', () => store.cursor(ledger, options)),
    summaries: (options) => store.summaries(options),
    close: () => store.close(),
  }
}
