import { type AbortOptions, type ClientName, WatcherError } from '@perun-watcher/core'

/**
 * A semaphore that serves clients round-robin: a client's task waits for at most one task of each other client, however
 * many those have queued.
 */
export interface FairSemaphore {
  readonly running: number
  readonly waiting: number
  /** @throws WatcherError `OVERLOADED` if too many tasks of the client wait; the signal's reason if it aborts the wait. */
  run<T>(client: ClientName, task: () => Promise<T>, options?: AbortOptions): Promise<T>
}

export interface FairSemaphoreLimits {
  /** Tasks of all clients that run at a time. */
  readonly atOnce: number
  /** Tasks of one client that run at a time. */
  readonly atOncePerClient: number
  /** Tasks of one client that wait. */
  readonly waitingPerClient: number
}

interface ClientQueue {
  running: number
  /** Functions that start one task each, in order of arrival. */
  readonly waiting: Set<() => void>
}

export function fairSemaphore(limits: FairSemaphoreLimits): FairSemaphore {
  /** Clients that have a task, in the order in which they are served next. */
  const queues = new Map<ClientName, ClientQueue>()
  let running = 0
  let waiting = 0

  function queueOf(client: ClientName): ClientQueue {
    const known = queues.get(client)
    if (known !== undefined) return known
    const queue = { running: 0, waiting: new Set<() => void>() }
    queues.set(client, queue)
    return queue
  }

  const mayRun = (queue: ClientQueue): boolean => running < limits.atOnce && queue.running < limits.atOncePerClient

  function begin(client: ClientName, queue: ClientQueue): void {
    running += 1
    queue.running += 1
    // Served last from now on.
    queues.delete(client)
    queues.set(client, queue)
  }

  function end(client: ClientName, queue: ClientQueue): void {
    running -= 1
    queue.running -= 1
    if (queue.running === 0 && queue.waiting.size === 0) queues.delete(client)
    startNext()
  }

  function startNext(): void {
    if (waiting === 0) return
    for (const [client, queue] of queues) {
      const [next] = queue.waiting
      if (next === undefined || !mayRun(queue)) continue
      queue.waiting.delete(next)
      waiting -= 1
      begin(client, queue)
      next()
      return
    }
  }

  /** Resolves when the task may run; it counts as running from then on. */
  function acquire(client: ClientName, queue: ClientQueue, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        queue.waiting.delete(start)
        waiting -= 1
        if (queue.running === 0 && queue.waiting.size === 0) queues.delete(client)
        reject(signal?.reason)
      }
      queue.waiting.add(start)
      waiting += 1
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  return {
    get running() {
      return running
    },
    get waiting() {
      return waiting
    },
    async run(client, task, { signal } = {}) {
      signal?.throwIfAborted()
      if ((queues.get(client)?.waiting.size ?? 0) >= limits.waitingPerClient) throw overloaded(client, limits)
      const queue = queueOf(client)
      if (queue.waiting.size === 0 && mayRun(queue)) begin(client, queue)
      else await acquire(client, queue, signal)
      try {
        return await task()
      } finally {
        end(client, queue)
      }
    },
  }
}

function overloaded(client: ClientName, { waitingPerClient }: FairSemaphoreLimits): WatcherError {
  return new WatcherError('OVERLOADED', 'Too many requests of the client wait.', {
    details: [`Client ${client} has ${waitingPerClient} requests that wait.`],
  })
}
