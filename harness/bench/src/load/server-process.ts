import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ServeJob, ServerQuestion, ServerWork } from '../jobs/serve-job.ts'
import type { MemoryUse } from '../measure/memory.ts'
import type { ServerAddress } from '../world/served-watcher.ts'

/** A watcher in a process of its own, so that what clients take is not counted as its. */
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
  const child = fork(process.argv[1] ?? '', {
    execArgv: [...process.execArgv, ...nodeOptions],
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const exited = once(child, 'exit')
  const gone = new AbortController()
  void exited.then(([code, signal]) => gone.abort(new Error(`The server ended with ${code ?? signal}.`)))

  /** Both ends are of one build: an answer is what was asked for, or a text that says what went wrong. */
  async function next<Answer extends object>(): Promise<Answer> {
    const [answer]: (Answer | string)[] = await once(child, 'message', { signal: gone.signal })
    if (typeof answer !== 'object') throw new Error(`The server failed: ${answer}`)
    return answer
  }

  function ask<Answer extends object>(question: ServerQuestion): Promise<Answer> {
    child.send(question)
    return next<Answer>()
  }

  child.send({ name: 'serve', ...job } satisfies ServeJob)
  const address = await next<ServerAddress>()
  return {
    address,
    work: () => ask<ServerWork>('work'),
    memory: () => ask<MemoryUse>('memory'),
    async [Symbol.asyncDispose]() {
      child.send('end' satisfies ServerQuestion)
      await exited
    },
  }
}
