import { parentPort, workerData } from 'node:worker_threads'
import { type CheckTask, runChecks } from '../measure/signature-checks.ts'

/** A thread of the reference: says when it is ready, then does all its checks at each message. */
export function checkThread(): void {
  const { checks }: CheckTask = workerData
  parentPort?.on('message', () => {
    runChecks(checks)
    parentPort?.postMessage('done')
  })
  parentPort?.postMessage('ready')
}
