import type { OpenStore } from '../files/open-store.ts'
import { commitError, storeError } from '../files/store-error.ts'

/**
 * Work of one caller inside a write transaction. It looks first and may throw: then nothing of it is written. What it
 * returns writes, and must not fail for reasons of its own: then the whole transaction is gone.
 */
export type Job = () => () => void

/** How well commits share the disk, counted since the store was opened. */
export interface CommitStatistics {
  /** Commits, the refused ones included. */
  readonly commits: number
  /** Transactions that they were written in. Each waits for the disk once: one sync of the data, then one of the root page. */
  readonly transactions: number
}

export interface GroupCommit {
  readonly statistics: CommitStatistics
  /** Resolves once the job's writes are on disk. Jobs run in the order in which they came. */
  run(job: Job): Promise<void>
  /** The same, ahead of all that wait: for what must not be held up by others, however many there are. */
  runNext(job: Job): Promise<void>
  /** Resolves once all jobs so far have ended. */
  idle(): Promise<void>
}

interface Waiting {
  readonly job: Job
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Most jobs of one transaction, besides urgent ones: they run on the main thread, which has other things to do. */
const groupSize = 256

/**
 * One transaction at a time, each with everything that came while the one before waited for the disk: the busier the
 * store, the more commits share a sync.
 */
export function groupCommit(path: string, store: OpenStore): GroupCommit {
  let urgent: Waiting[] = []
  let waiting: Waiting[] = []
  let working: Promise<void> | undefined
  let statistics: CommitStatistics = { commits: 0, transactions: 0 }

  async function work(): Promise<void> {
    // What is called in the same turn belongs together.
    await Promise.resolve()
    while (urgent.length > 0 || waiting.length > 0) {
      const group = [...urgent, ...waiting.slice(0, groupSize)]
      urgent = []
      waiting = waiting.slice(groupSize)
      await commitGroup(group)
    }
    working = undefined
  }

  async function commitGroup(group: readonly Waiting[]): Promise<void> {
    const refused = new Map<Waiting, unknown>()
    try {
      // A child transaction, because lmdb-js takes back only those when the work throws.
      await store.tables().root.childTransaction(() => {
        for (const each of group) {
          let write: () => void
          try {
            write = each.job()
          } catch (error) {
            refused.set(each, error)
            continue
          }
          write()
        }
      })
    } catch (error) {
      const failure = storeError(await commitError(error), path)
      // If the files cannot be opened now, the next transaction says why and tries again.
      await store.revive().catch(() => {})
      for (const each of group) each.reject(failure)
      return
    }
    statistics = { commits: statistics.commits + group.length, transactions: statistics.transactions + 1 }
    for (const each of group) {
      if (refused.has(each)) each.reject(storeError(refused.get(each), path))
      else each.resolve()
    }
  }

  /** @param queue which of the two, looked up when the job comes: working off replaces them. */
  function enqueue(job: Job, queue: () => Waiting[]): Promise<void> {
    return new Promise((resolve, reject) => {
      queue().push({ job, resolve, reject })
      working ??= work()
    })
  }

  return {
    get statistics() {
      return statistics
    },
    run: (job) => enqueue(job, () => waiting),
    runNext: (job) => enqueue(job, () => urgent),
    async idle() {
      await working
    },
  }
}
