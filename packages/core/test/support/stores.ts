import type { Store, StoreChange } from '../../src/adapter.ts'
import { memoryStore } from '../../src/index.ts'

/** A store with switches for what real ones do. */
export interface TestStore extends Store {
  readonly commits: readonly (readonly StoreChange[])[]
  /** Asked before each commit; may throw, or hold it back. */
  beforeCommit: (changes: readonly StoreChange[]) => void | Promise<void>
  /** Asked after each commit was written; may throw, as a disk that loses the answer. */
  afterCommit: (changes: readonly StoreChange[]) => void
}

export function testStore(inner: Store = memoryStore()): TestStore {
  const commits: (readonly StoreChange[])[] = []
  const store: TestStore = {
    ...inner,
    commits,
    beforeCommit() {},
    afterCommit() {},
    async commit(changes, options) {
      await store.beforeCommit(changes)
      await inner.commit(changes, options)
      commits.push(changes)
      store.afterCommit(changes)
    },
  }
  return store
}

/** Whether a commit brings a newest state. */
export const hasNewest = (changes: readonly StoreChange[]): boolean => changes.some(({ type }) => type === 'putNewest')
