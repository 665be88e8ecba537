import { WatcherError } from '@perun-watcher/core'
import type { OpenStore } from '../files/open-store.ts'
import { commitError, storeError } from '../files/store-error.ts'
import type { Reserve } from './reserve.ts'

/**
 * Work of one caller inside a write transaction. The job itself only reads, and may throw: then nothing of it is written. The
 * function that it returns writes, and must not fail for reasons of its own, which would abort the whole transaction.
 */
export type Job = () => () => void

/** How many commits share a sync, counted since the store was opened. */
export interface CommitStatistics {
  /** Commits, including refused ones. */
  readonly commits: number
  /** Transactions that they were written in. Each waits for the disk once: one sync of the data, then one of the root page. */
  readonly transactions: number
}

export interface GroupCommit {
  readonly statistics: CommitStatistics
  /** Resolves once the job's writes are on disk. Jobs run in the order of the calls. */
  run(job: Job): Promise<void>
  /** The same, and where the disk is full in the room that is kept for it: for writes that make room. */
  runInAnyCase(job: Job): Promise<void>
  /** The same, also ahead of all jobs that wait: for writes that must not be held up by any backlog. */
  runNext(job: Job): Promise<void>
  /** Resolves once all jobs so far have ended. */
  idle(): Promise<void>
}

interface Waiting {
  readonly job: Job
  readonly mayUseReserve: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function rejectAll(group: readonly Waiting[], error: WatcherError): void {
  for (const each of group) each.reject(error)
}

const full = (path: string): WatcherError =>
  new WatcherError('STORE_FULL', 'What room the store has left is kept for refutations.', {
    details: [`Path ${path}.`],
  })

/** Most jobs of one transaction besides urgent ones. They run on the main thread, which must not be blocked for long. */
const groupSize = 256

/**
 * One transaction at a time, each with everything that was queued while the previous one waited for the disk: the busier
 * the store, the more commits share a sync.
 */
export function groupCommit(path: string, store: OpenStore, reserve: Reserve): GroupCommit {
  let urgent: Waiting[] = []
  let waiting: Waiting[] = []
  let working: Promise<void> | undefined
  let statistics: CommitStatistics = { commits: 0, transactions: 0 }

  async function work(): Promise<void> {
    // Collect everything that is called in the same turn.
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
    const ordinary = group.filter(({ mayUseReserve }) => !mayUseReserve)
    if (reserve.isSpent && ordinary.length > 0) await reserve.restore()
    if (reserve.isSpent) {
      rejectAll(ordinary, full(path))
      return await commitInAnyCase(group)
    }
    const failure = await write(group)
    // A store is created without it.
    if (failure === undefined) return await reserve.restore()
    rejectAll(ordinary, failure)
    await commitInAnyCase(group, failure)
  }

  /** @param failure of the first attempt. */
  async function commitInAnyCase(group: readonly Waiting[], failure?: WatcherError): Promise<void> {
    const urgent = group.filter(({ mayUseReserve }) => mayUseReserve)
    if (urgent.length === 0) return
    const first = failure ?? (await write(urgent))
    const last = first && (await reserve.spend()) ? await write(urgent) : first
    if (last !== undefined) rejectAll(urgent, last)
  }

  /** @returns why nothing was written; nobody of the group knows yet. */
  async function write(group: readonly Waiting[]): Promise<WatcherError | undefined> {
    if (group.length === 0) return undefined
    const refused = new Map<Waiting, unknown>()
    try {
      // A child transaction, because lmdb-js rolls back only those when the callback throws.
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
      return failure
    }
    statistics = { commits: statistics.commits + group.length, transactions: statistics.transactions + 1 }
    for (const each of group) {
      if (refused.has(each)) each.reject(storeError(refused.get(each), path))
      else each.resolve()
    }
    return undefined
  }

  /** @param queue which of the two; a function, because `work` replaces the arrays. */
  function enqueue(job: Job, mayUseReserve: boolean, queue: () => Waiting[]): Promise<void> {
    return new Promise((resolve, reject) => {
      queue().push({ job, mayUseReserve, resolve, reject })
      working ??= work()
    })
  }

  return {
    get statistics() {
      return statistics
    },
    run: (job) => enqueue(job, false, () => waiting),
    runInAnyCase: (job) => enqueue(job, true, () => waiting),
    runNext: (job) => enqueue(job, true, () => urgent),
    async idle() {
      await working
    },
  }
}
