import { type AbortOptions, type ClientName, WatcherError } from '@perun-watcher/core'

/**
 * Lets a bounded number of tasks run at a time and gives the clients turns: whoever has one task waits for one task of each
 * other client at most, however many those have.
 */
export interface FairTurns {
  readonly running: number
  readonly waiting: number
  /** @throws WatcherError `OVERLOADED` if too many tasks of the client wait already; the signal's reason while it waits. */
  run<T>(client: ClientName, task: () => Promise<T>, options?: AbortOptions): Promise<T>
}

export interface TurnLimits {
  /** Tasks of all clients that run at a time. */
  readonly atOnce: number
  /** Tasks of one client that run at a time. */
  readonly atOncePerClient: number
  /** Tasks of one client that wait. */
  readonly waitingPerClient: number
}

interface Line {
  running: number
  /** Each begins its task when called. In order of arrival. */
  readonly waiting: Set<() => void>
}

export function fairTurns(limits: TurnLimits): FairTurns {
  /** Clients with a task; those whose turn comes first stand first. */
  const lines = new Map<ClientName, Line>()
  let running = 0
  let waiting = 0

  function lineOf(client: ClientName): Line {
    const known = lines.get(client)
    if (known !== undefined) return known
    const line = { running: 0, waiting: new Set<() => void>() }
    lines.set(client, line)
    return line
  }

  const mayRun = (line: Line): boolean => running < limits.atOnce && line.running < limits.atOncePerClient

  function begin(client: ClientName, line: Line): void {
    running += 1
    line.running += 1
    // To the end of the row.
    lines.delete(client)
    lines.set(client, line)
  }

  function end(client: ClientName, line: Line): void {
    running -= 1
    line.running -= 1
    if (line.running === 0 && line.waiting.size === 0) lines.delete(client)
    startNext()
  }

  function startNext(): void {
    if (waiting === 0) return
    for (const [client, line] of lines) {
      const [next] = line.waiting
      if (next === undefined || !mayRun(line)) continue
      line.waiting.delete(next)
      waiting -= 1
      begin(client, line)
      next()
      return
    }
  }

  /** Resolves when it is the task's turn; then it counts as running. */
  function turn(client: ClientName, line: Line, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        line.waiting.delete(start)
        waiting -= 1
        if (line.running === 0 && line.waiting.size === 0) lines.delete(client)
        reject(signal?.reason)
      }
      line.waiting.add(start)
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
      if ((lines.get(client)?.waiting.size ?? 0) >= limits.waitingPerClient) throw overloaded(client, limits)
      const line = lineOf(client)
      if (line.waiting.size === 0 && mayRun(line)) begin(client, line)
      else await turn(client, line, signal)
      try {
        return await task()
      } finally {
        end(client, line)
      }
    },
  }
}

function overloaded(client: ClientName, { waitingPerClient }: TurnLimits): WatcherError {
  return new WatcherError('OVERLOADED', 'Too many requests of the client wait.', {
    details: [`Client ${client} has ${waitingPerClient} requests that wait.`],
  })
}
