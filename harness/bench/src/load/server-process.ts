import { startChild } from '@perun-watcher/harness-kit/child'
import type { ServeJob, ServerAnswer, ServerCommand, ServerWork } from '../jobs/serve-job.ts'
import type { MemoryUse } from '../measure/memory.ts'
import type { ServerAddress } from '../world/served-watcher.ts'

/** A watcher in a process of its own, so that what clients take is not counted as its work. */
export interface ServerProcess extends AsyncDisposable {
  readonly address: ServerAddress
  work(): Promise<ServerWork>
  memory(): Promise<MemoryUse>
}

/** As the daemon's service unit and its image set them. */
const serviceOptions = ['--max-semi-space-size=64']

/** @param nodeOptions - of Node, besides those of this process */
export async function serverProcess(
  job: Omit<ServeJob, 'name'>,
  nodeOptions: readonly string[] = serviceOptions,
): Promise<ServerProcess> {
  // The same script and the same options of Node, also those of a profile.
  const child = startChild<ServeJob, ServerCommand, ServerAnswer>(process.argv[1] ?? '', {
    nodeOptions: [...process.execArgv, ...nodeOptions],
    isOutputShown: true,
  })

  async function ask<Name extends keyof ServerAnswer>(type: Name): Promise<NonNullable<ServerAnswer[Name]>> {
    const answer = (await child.ask({ type }))[type]
    if (answer === undefined) throw new Error(`The server has no ${type}.`)
    return answer
  }

  child.begin({ name: 'serve', ...job })
  await child.ready
  return {
    address: await ask('address'),
    work: () => ask('work'),
    memory: () => ask('memory'),
    async [Symbol.asyncDispose]() {
      await child.ask({ type: 'end' })
      await child.ended
    },
  }
}
