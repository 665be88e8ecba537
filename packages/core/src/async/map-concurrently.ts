/**
 * Maps in order, with at most `limit` calls at a time. The first failure is the outcome: nothing more is begun after it,
 * and calls under way are not waited for.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>()
  const queue = items.entries()
  let failed = false

  async function work(): Promise<void> {
    for (const [index, item] of queue) {
      if (failed) return
      try {
        results.set(index, await map(item))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}
