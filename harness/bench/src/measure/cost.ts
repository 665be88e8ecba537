/** What something took. */
export interface Cost {
  readonly seconds: number
  /** Of all threads of this process. */
  readonly cpuSeconds: number
}

/** Begins to measure. @returns what it took until then, whenever it is asked */
export function stopwatch(): () => Cost {
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpuBefore)
    return { seconds: (performance.now() - began) / 1_000, cpuSeconds: (user + system) / 1_000_000 }
  }
}

export async function costOf(task: () => void | Promise<void>): Promise<Cost> {
  const elapsed = stopwatch()
  await task()
  return elapsed()
}
