import { WatcherError } from '@perun-watcher/core'
import type { Store, TransactionAttempt } from '@perun-watcher/core/adapter'
import type { SimProcess } from '@perun-watcher/simulation/sim-process'

export interface DiskDeps {
  readonly disk: Store
  readonly process: SimProcess
  /** Whether there is no room for anything. */
  readonly isFull: () => boolean
  readonly onRefusal: () => void
  readonly onAttempt: (attempt: TransactionAttempt) => void
  readonly onCursor: (blockNumber: bigint) => void
}

/** The store as one run of the watcher's program sees it: takes its time, and may be full. */
export function simDisk({ disk, process, isFull, onRefusal, onAttempt, onCursor }: DiskDeps): Store {
  async function write<T>(task: () => Promise<T>): Promise<T> {
    await process.pause(1)
    if (isFull()) {
      onRefusal()
      throw new WatcherError('STORE_FAILED', 'No space left on device (ENOSPC).')
    }
    return task()
  }

  return {
    ...disk,
    get ledgers() {
      return disk.ledgers
    },
    capabilities: { durable: true },
    journal(ledger) {
      const journal = disk.journal(ledger)
      return {
        ...journal,
        putAttempt: (attempt) =>
          write(async () => {
            onAttempt(attempt)
            await journal.putAttempt(attempt)
          }),
        forgetAttempts: (lane, sequence) => write(() => journal.forgetAttempts(lane, sequence)),
      }
    },
    commit: (changes) =>
      write(async () => {
        await disk.commit(changes)
        for (const change of changes) if (change.type === 'putCursor') onCursor(change.blockNumber)
      }),
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
