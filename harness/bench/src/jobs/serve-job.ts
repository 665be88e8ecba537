import { memoryInUse } from '../measure/memory.ts'
import type { Report } from '../measure/report.ts'
import { servedWatcher } from '../world/served-watcher.ts'

/** Serves clients of other processes, and tells the one that started it what that takes. */
export interface ServeJob {
  readonly name: 'serve'
  readonly path: string
  readonly hasReceipts: boolean
}

/** What the starter may ask, one after the other. */
export type ServerQuestion = 'work' | 'memory' | 'end'

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

/** The first message of the process is its address; each question gets one more. @returns nothing that has to be known */
export async function serveJob({ path, hasReceipts }: ServeJob): Promise<Report> {
  await using watcher = await servedWatcher(path, hasReceipts)

  function work(): ServerWork {
    const { user, system } = process.cpuUsage()
    const { publishes, bytesIn, bytesOut } = watcher.stats
    return { cpuSeconds: (user + system) / 1_000_000, publishes, bytesIn, bytesOut, ...watcher.commits }
  }

  // Whoever is to end this process may be gone.
  const abandoned = (): void => process.exit(1)
  process.once('disconnect', abandoned)
  await new Promise<void>((resolve, reject) => {
    async function reply(question: ServerQuestion): Promise<void> {
      if (question === 'end') resolve()
      else process.send?.(question === 'work' ? work() : await memoryInUse())
    }
    process.on('message', (question: ServerQuestion) => {
      reply(question).catch(reject)
    })
    process.send?.(watcher.address)
  })
  process.off('disconnect', abandoned)
  return {}
}
