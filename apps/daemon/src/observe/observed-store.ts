import type { Clock } from '@perun-watcher/core'
import type { ChannelSummary, Store } from '@perun-watcher/core/adapter'
import { errorCodeOf } from './metrics/declarations.ts'
import type { Metrics } from './metrics/metrics-registry.ts'

/** How the daemon stands with its disk. */
export interface StoreView {
  /** Why the newest write failed, if it did. */
  readonly failedBy: Error | undefined
}

export interface ObservedStore {
  /** The same store, watched. */
  readonly store: Store
  readonly view: StoreView
}

export interface StoreObserverOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Told of every summary that is read: at a start, that is every channel once. */
  readonly onLoaded?: () => void
}

/** Refusals of the store's rules are answers: the disk is well. */
const answers: ReadonlySet<string> = new Set(['STORE_STALE_WRITE', 'CHANNEL_UNKNOWN'])

/** Watches how a store writes. */
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
      putAttempt: (attempt, options) => writing(() => inner.putAttempt(attempt, options)),
      forgetAttempts: (account, nonce, options) => writing(() => inner.forgetAttempts(account, nonce, options)),
      summaries,
    },
    view: {
      get failedBy() {
        return failedBy
      },
    },
  }
}
