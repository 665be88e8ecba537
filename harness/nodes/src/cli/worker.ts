import { parentPort } from 'node:worker_threads'
import { failedRun, type RunOptions, type RunResult, runSeed } from '../run/run-seed.ts'

export interface Job {
  readonly seed: number
  readonly options: RunOptions
}

async function work({ seed, options }: Job): Promise<RunResult> {
  try {
    return await runSeed(seed, options)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return failedRun(seed, options, reason)
  }
}

process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason))
})

parentPort?.on('message', (job: Job) => {
  work(job).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => {
      throw error
    },
  )
})
