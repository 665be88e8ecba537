/**
 * What waits, each for some owners who take turns: whoever comes new waits for one of each of the others at most, however many
 * theirs are. What is for several waits in the queue of each, and is taken once.
 */
export interface FairQueue<K, T> {
  readonly size: number
  /** @param owners nobody: all such share a turn of their own. */
  add(owners: readonly K[], item: T): void
  /** `undefined`: nothing waits. */
  take(): T | undefined
}

interface Waiting<K, T> {
  readonly owners: readonly (K | undefined)[]
  readonly item: T
}

export function fairQueue<K, T>(): FairQueue<K, T> {
  /** In the order of their turns; none is empty. */
  const queues = new Map<K | undefined, Set<Waiting<K, T>>>()
  let size = 0

  function remove(waiting: Waiting<K, T>): void {
    for (const owner of waiting.owners) {
      const queue = queues.get(owner)
      if (queue === undefined) continue
      queue.delete(waiting)
      queues.delete(owner)
      // Behind all others: this was their turn as well.
      if (queue.size > 0) queues.set(owner, queue)
    }
  }

  return {
    get size() {
      return size
    },
    add(owners, item) {
      const waiting = { owners: owners.length === 0 ? [undefined] : owners, item }
      size += 1
      for (const owner of waiting.owners) {
        const queue = queues.get(owner)
        if (queue === undefined) queues.set(owner, new Set([waiting]))
        else queue.add(waiting)
      }
    },
    take() {
      const [queue] = queues.values()
      const [waiting] = queue ?? []
      if (waiting === undefined) return undefined
      size -= 1
      remove(waiting)
      return waiting.item
    },
  }
}
