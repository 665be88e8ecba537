import { type ThreadPool, threadPool } from '@perun-watcher/harness-kit/thread-pool'
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
export type Pool = ThreadPool<Job, JobResult>

/** A run takes a fraction of a second; one that takes this long is stuck. */
const patienceMs = 120_000

/** @param script what a thread runs, see `bundleWorker`. */
export function pool(script: string, threads: number): Pool {
  return threadPool<Job, JobResult>({
    script,
    threads,
    patienceMs,
    isResult: (message): message is JobResult => typeof message === 'object' && message !== null && 'seed' in message,
    failed: ({ seed }, reason) => ({ seed, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }),
  })
}
