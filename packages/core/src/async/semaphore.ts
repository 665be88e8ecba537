/** Bounds how many tasks run at a time. */
export interface Semaphore {
  /** Runs the task once a permit is free. Waiting tasks get theirs in the order in which they came. */
  run<T>(task: () => Promise<T>): Promise<T>
}

/** @param permits most tasks that run at a time, at least 1. */
export function semaphore(permits: number): Semaphore {
  const waiting: (() => void)[] = []
  let running = 0

  return {
    async run(task) {
      if (running >= permits) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      try {
        return await task()
      } finally {
        // The permit passes on directly: nobody who comes in between can take it.
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}
