import { fairQueue } from './fair-queue.ts'

/** Bounds how many tasks run at a time, and lets those for whom they are run take turns. */
export interface Semaphore<K> {
  /**
   * Runs the task once a permit is free and it is the turn of one of those that it is for.
   *
   * @param owners as in `FairQueue`.
   */
  run<T>(owners: readonly K[], task: () => Promise<T>): Promise<T>
}

/** @param permits most tasks that run at a time, at least 1. */
export function semaphore<K>(permits: number): Semaphore<K> {
  const waiting = fairQueue<K, () => void>()
  let running = 0

  return {
    async run(owners, task) {
      if (running < permits) running += 1
      else await new Promise<void>((resolve) => waiting.add(owners, resolve))
      try {
        return await task()
      } finally {
        // The permit passes on directly: nobody who comes in between can take it.
        const next = waiting.take()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}
