import { WatcherError } from '../errors/watcher-error.ts'
import type { Clock } from '../spi/runtime.ts'
import type { EngineStore } from './engine-store.ts'
import { patienceMs, timeLimit } from './time-limit.ts'

/**
 * The same store, but every call ends: one that never answers must not hold a family, let alone all of them. A call that
 * counts as failed may still have been carried out.
 */
export function patientStore(store: EngineStore, clock: Clock): EngineStore {
  const limit = timeLimit(clock, patienceMs)
  return {
    open: (ledgerId, options) => limit.run(() => store.open(ledgerId, options), late.open),
    load: (id, options) => limit.run(() => store.load(id, options), late.load),
    commit: (changes, options) => limit.run(() => store.commit(changes, options), late.commit),
    mailbox: (id, client, options) => limit.run(() => store.mailbox(id, client, options), late.mailbox),
    cursor: (options) => limit.run(() => store.cursor(options), late.cursor),
    summaries: (options) => store.summaries(options),
    close: () => store.close(),
  }
}

/** The errors of calls that took too long. */
const late = {
  open: lateTo('open'),
  load: lateTo('load'),
  commit: lateTo('commit'),
  mailbox: lateTo('mailbox'),
  cursor: lateTo('cursor'),
}

function lateTo(what: string): () => WatcherError {
  return () => new WatcherError('STORE_FAILED', `The store did not answer ${what} within ${patienceMs} ms.`)
}
