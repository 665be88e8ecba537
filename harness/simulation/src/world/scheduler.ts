import { setImmediate } from 'node:timers/promises'

/** Time that jumps from event to event. */
export interface Scheduler {
  /** Milliseconds since the run began. */
  readonly now: number
  /** Runs a task after a delay, after everything that was scheduled for the same instant before. */
  after(delayMs: number, task: () => void): void
  /** Lets time pass until `untilMs` or until `isDone`. */
  run(untilMs: number, isDone?: () => boolean): Promise<void>
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

export function scheduler(): Scheduler {
  const heap: Entry[] = []
  let now = 0
  let order = 0

  function push(entry: Entry): void {
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = entry
  }

  function pop(): Entry | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let at = 0
    for (;;) {
      let childAt = 2 * at + 1
      let child = heap[childAt]
      const right = heap[childAt + 1]
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        childAt += 1
        child = right
      }
      if (child === undefined || !isBefore(child, last)) break
      heap[at] = child
      at = childAt
    }
    heap[at] = last
    return first
  }

  return {
    get now() {
      return now
    },
    after(delayMs, task) {
      order += 1
      push({ at: now + Math.max(0, delayMs), order, task })
    },
    async run(untilMs, isDone = () => false) {
      while (!isDone()) {
        const first = heap[0]
        if (first === undefined || first.at > untilMs) return
        pop()
        now = first.at
        first.task()
        // Everything that follows from the event without time passing happens before the next one.
        await setImmediate()
      }
    },
  }
}
