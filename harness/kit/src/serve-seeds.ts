import { parentPort } from 'node:worker_threads'
import type { SeedJob, SeedResult } from './seed-runs.ts'

/**
 * What a thread of a `seedPool` does: runs one seed after the other.
 *
 * @param failed what stands for a run that threw.
 */
export function serveSeeds<Options, Result extends SeedResult>(
  run: (seed: number, options: Options) => Promise<Result>,
  failed: (job: SeedJob<Options>, reason: string) => Result,
): void {
  async function work(job: SeedJob<Options>): Promise<Result> {
    try {
      return await run(job.seed, job.options)
    } catch (error) {
      return failed(job, error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }

  // The pool hears of a thread that ends so, and of the run with it.
  process.on('unhandledRejection', (reason) => {
    throw reason instanceof Error ? reason : new Error(String(reason))
  })

  parentPort?.on('message', (job: SeedJob<Options>) => {
    work(job).then(
      (result) => parentPort?.postMessage(result),
      (error: unknown) => {
        throw error
      },
    )
  })
}
