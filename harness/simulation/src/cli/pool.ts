import { Worker } from 'node:worker_threads'
import type { RunOptions } from '../run/options.ts'

export interface Job {
  readonly seed: number
  readonly options: RunOptions
}

export interface JobResult {
  readonly seed: number
  readonly violations: readonly string[]
  readonly met: ReadonlyMap<string, number>
  readonly trace: readonly string[]
}

/** Threads that run seeds. */
export interface Pool extends AsyncDisposable {
  /** Runs a job in a thread that is free, or waits for one. */
  run(job: Job): Promise<JobResult>
}

/** A run takes a fraction of a second; one that takes this long is stuck. */
const patienceMs = 120_000

/** @param script what a thread runs, see `bundleWorker`. */
export function pool(script: string, threads: number): Pool {
  const free: Worker[] = []
  const all = new Set<Worker>()
  const waiting: ((worker: Worker) => void)[] = []

  function open(): Worker {
    const worker = new Worker(script, { eval: true, execArgv: ['--no-warnings'] })
    all.add(worker)
    return worker
  }

  function take(): Promise<Worker> {
    const idle = free.pop()
    if (idle !== undefined) return Promise.resolve(idle)
    if (all.size < threads) return Promise.resolve(open())
    return new Promise((resolve) => waiting.push(resolve))
  }

  function give(worker: Worker): void {
    const next = waiting.shift()
    if (next === undefined) free.push(worker)
    else next(worker)
  }

  /** A thread that died or got stuck is of no more use; another takes its place. */
  function replace(worker: Worker): void {
    all.delete(worker)
    void worker.terminate()
    const next = waiting.shift()
    if (next !== undefined) next(open())
  }

  function ask(worker: Worker, job: Job): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => end(() => reject(new Error('The run is stuck.'))), patienceMs)
      const onMessage = (result: JobResult): void => end(() => resolve(result))
      const onError = (error: Error): void => end(() => reject(error))
      function end(then: () => void): void {
        clearTimeout(timer)
        worker.off('message', onMessage)
        worker.off('error', onError)
        then()
      }
      worker.on('message', onMessage)
      worker.on('error', onError)
      worker.postMessage(job)
    })
  }

  return {
    async run(job) {
      const worker = await take()
      try {
        const result = await ask(worker, job)
        give(worker)
        return result
      } catch (error) {
        replace(worker)
        const reason = error instanceof Error ? error.message : String(error)
        return { seed: job.seed, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map((worker) => worker.terminate()))
    },
  }
}
