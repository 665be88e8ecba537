import { parentPort } from 'node:worker_threads'
import { runSeed } from '../run/run-seed.ts'
import type { Job, JobResult } from './pool.ts'

/** A run that throws is as bad as one that breaks a promise. */
async function work({ seed, options }: Job): Promise<JobResult> {
  try {
    return await runSeed(seed, options)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { seed, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }
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
