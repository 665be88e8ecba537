import { parentPort } from 'node:worker_threads'
import { type RunOptions, type RunResult, runSeed } from '../run/run-seed.ts'
import { themeOf } from '../run/themes.ts'

export interface Job {
  readonly seed: number
  readonly options: RunOptions
}

/** A run that throws is as bad as one that breaks a promise. */
async function work({ seed, options }: Job): Promise<RunResult> {
  try {
    return await runSeed(seed, options)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const theme = options.theme ?? themeOf(seed)
    return { seed, theme, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }
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
