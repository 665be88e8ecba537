/** What something took. */
export interface Cost {
  readonly seconds: number
  /** Of all threads of this process. */
  readonly cpuSeconds: number
}

export async function costOf(task: () => void | Promise<void>): Promise<Cost> {
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  await task()
  const seconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { seconds, cpuSeconds: (user + system) / 1_000_000 }
}
