import { type MemoryUse, memoryInUse } from '../measure/memory.ts'
import { type ServerAddress, servedWatcher } from '../world/served-watcher.ts'

/** Serves clients of other processes, and tells the process that started it what that takes. */
export interface ServeJob {
  readonly name: 'serve'
  readonly path: string
  readonly hasReceipts: boolean
}

export interface ServerCommand {
  readonly type: 'address' | 'work' | 'memory' | 'end'
}

/** What was asked for; nothing at the end. */
export interface ServerAnswer {
  readonly address?: ServerAddress
  readonly work?: ServerWork
  readonly memory?: MemoryUse
}

/** So far, from the start of the process. */
export interface ServerWork {
  /** Of all threads. */
  readonly cpuSeconds: number
  readonly publishes: number
  /** Protocol messages, before ZeroMQ and CURVE add theirs. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly commits: number
  readonly transactions: number
}

export async function serveJob(job: ServeJob): Promise<(command: ServerCommand) => Promise<ServerAnswer>> {
  const watcher = await servedWatcher(job.path, job.hasReceipts)

  function work(): ServerWork {
    const { user, system } = process.cpuUsage()
    const { publishes, bytesIn, bytesOut } = watcher.stats
    return { cpuSeconds: (user + system) / 1_000_000, publishes, bytesIn, bytesOut, ...watcher.commits }
  }

  return async ({ type }) => {
    switch (type) {
      case 'address':
        return { address: watcher.address }
      case 'work':
        return { work: work() }
      case 'memory':
        return { memory: await memoryInUse() }
      case 'end':
        await watcher[Symbol.asyncDispose]()
        return {}
    }
  }
}
