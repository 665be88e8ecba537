import type { Clock } from '@perun-watcher/core'
import type { ChannelSummary, Store, TransactionJournal } from '@perun-watcher/core/adapter'
import { errorCodeOf } from './metrics/declarations.ts'
import type { Metrics } from './metrics/metrics-registry.ts'

/** The state of the daemon's disk. */
export interface StoreView {
  /** Why the latest write failed, if it did. */
  readonly failedBy: Error | undefined
}

export interface ObservedStore {
  /** The wrapped store. */
  readonly store: Store
  readonly view: StoreView
}

export interface StoreObserverOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Hears of every summary that is read: at startup, every channel once. */
  readonly onLoaded?: () => void
}

/** Refusals by the rules of the store; they do not mean that the disk failed. */
const answers: ReadonlySet<string> = new Set(['STORE_STALE_WRITE', 'CHANNEL_UNKNOWN'])

/** Wraps a store to observe its writes. */
export function observedStore(inner: Store, { clock, metrics, onLoaded }: StoreObserverOptions): ObservedStore {
  let failedBy: Error | undefined

  async function writing(write: () => Promise<void>): Promise<void> {
    const startedAt = clock.now()
    try {
      await write()
      metrics.observe('perun_watcher_store_commit_seconds', (clock.now() - startedAt) / 1000)
      failedBy = undefined
    } catch (error) {
      const code = errorCodeOf(error)
      if (code.startsWith('STORE_') && !answers.has(code) && error instanceof Error) {
        metrics.count('perun_watcher_store_failures_total', { code })
        failedBy = error
      }
      throw error
    }
  }

  const observedJournal = (journal: TransactionJournal): TransactionJournal => ({
    ...journal,
    putAttempt: (attempt, options) => writing(() => journal.putAttempt(attempt, options)),
    forgetAttempts: (lane, sequence, options) => writing(() => journal.forgetAttempts(lane, sequence, options)),
  })

  async function* summaries(...args: Parameters<Store['summaries']>): AsyncGenerator<ChannelSummary> {
    for await (const summary of inner.summaries(...args)) {
      onLoaded?.()
      yield summary
    }
  }

  return {
    store: {
      ...inner,
      commit: (changes, options) => writing(() => inner.commit(changes, options)),
      journal: (ledger) => observedJournal(inner.journal(ledger)),
      summaries,
    },
    view: {
      get failedBy() {
        return failedBy
      },
    },
  }
}
