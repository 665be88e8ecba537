/** Bounds how many tasks run at a time, and lets those for whom they are run take turns. */
export interface FairSemaphore<K> {
  /**
   * Runs the task once a permit is free and it is the turn of one of those that it is for. Each of them has a queue; who comes
   * new waits for one task of each of the others at most.
   *
   * @param owners nobody: they share a turn of their own.
   */
  run<T>(owners: readonly K[], task: () => Promise<T>): Promise<T>
}

interface Waiting<K> {
  readonly owners: readonly (K | undefined)[]
  readonly begin: () => void
}

/** @param permits most tasks that run at a time, at least 1. */
export function fairSemaphore<K>(permits: number): FairSemaphore<K> {
  /** In the order of their turns; none is empty. A task that is for several waits in the queue of each. */
  const queues = new Map<K | undefined, Set<Waiting<K>>>()
  let running = 0

  function enqueue(waiting: Waiting<K>): void {
    for (const owner of waiting.owners) {
      const queue = queues.get(owner)
      if (queue === undefined) queues.set(owner, new Set([waiting]))
      else queue.add(waiting)
    }
  }

  function dequeue(waiting: Waiting<K>): void {
    for (const owner of waiting.owners) {
      const queue = queues.get(owner)
      if (queue === undefined) continue
      queue.delete(waiting)
      queues.delete(owner)
      // Behind all others: this was their turn as well.
      if (queue.size > 0) queues.set(owner, queue)
    }
  }

  function next(): Waiting<K> | undefined {
    const [queue] = queues.values()
    const [waiting] = queue ?? []
    if (waiting !== undefined) dequeue(waiting)
    return waiting
  }

  return {
    async run(owners, task) {
      if (running < permits) running += 1
      else {
        await new Promise<void>((resolve) =>
          enqueue({ owners: owners.length === 0 ? [undefined] : owners, begin: resolve }),
        )
      }
      try {
        return await task()
      } finally {
        // The permit passes on directly: nobody who comes in between can take it.
        const waiting = next()
        if (waiting === undefined) running -= 1
        else waiting.begin()
      }
    },
  }
}
