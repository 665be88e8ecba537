import { type SeedJob, type SeedPool, type SeedResult, seedPool } from '@perun-watcher/harness-kit/seed-runs'
import type { RunOptions } from '../run/options.ts'

/** Threads that run seeds. */
export type Pool = SeedPool<RunOptions, SeedResult>

/** A run takes a fraction of a second; one that takes this long is stuck. */
const patienceMs = 120_000

/** A run that throws is as bad as one that breaks a promise. */
export function failedRun({ seed }: SeedJob<RunOptions>, reason: string): SeedResult {
  return { seed, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }
}

/** @param script what a thread runs, see `bundleWorker`. */
export function pool(script: string, threads: number): Pool {
  return seedPool({ script, threads, patienceMs, failed: failedRun })
}
