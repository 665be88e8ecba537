import { WatcherError } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'

/** A process's view of a store that other processes use after it. */
export interface CrashingStore extends Store {
  /** The process dies: nothing that it does from now on reaches the store. */
  crash(): void
}

export function crashingStore(store: Store): CrashingStore {
  let isDead = false

  function assertAlive(): void {
    if (isDead) throw new WatcherError('STORE_FAILED', 'The process is dead.')
  }

  return {
    ...store,
    async load(...args) {
      assertAlive()
      return store.load(...args)
    },
    async commit(...args) {
      assertAlive()
      await store.commit(...args)
    },
    async mailbox(...args) {
      assertAlive()
      return store.mailbox(...args)
    },
    async close() {},
    crash() {
      isDead = true
    },
  }
}
