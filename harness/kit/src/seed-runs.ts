import { out, reportEvery, say } from './output.ts'
import { type ThreadPool, threadPool } from './thread-pool.ts'

/** One run of a world that its seed decides. */
export interface SeedJob<Options> {
  readonly seed: number
  /** The same for every run. */
  readonly options: Options
}

/** What a run showed. */
export interface SeedResult {
  readonly seed: number
  /** Promises that it broke, each in words. */
  readonly violations: readonly string[]
  /** How often each thing was met that the world wants to be met. */
  readonly met: ReadonlyMap<string, number>
  /** What happened, line by line, where that was asked for. */
  readonly trace: readonly string[]
}

/** Threads that run seeds, each with `serveSeeds`. */
export type SeedPool<Options, Result extends SeedResult> = ThreadPool<SeedJob<Options>, Result>

export interface SeedPoolOptions<Options, Result> {
  /** What a thread runs. */
  readonly script: string
  readonly threads: number
  /** A run that takes this long is stuck. */
  readonly patienceMs: number
  /** What stands for a run whose thread died or got stuck: that is as bad as a broken promise. */
  readonly failed: (job: SeedJob<Options>, reason: string) => Result
}

export function seedPool<Options, Result extends SeedResult>(
  options: SeedPoolOptions<Options, Result>,
): SeedPool<Options, Result> {
  return threadPool<SeedJob<Options>, Result>({
    ...options,
    isResult: (message): message is Result =>
      typeof message === 'object' && message !== null && 'violations' in message,
  })
}

export interface SeedRunsOptions<Options, Result> {
  readonly seeds: number
  /** The first seed. */
  readonly from: number
  readonly threads: number
  /** Begin no run after so many minutes. */
  readonly minutes?: number | undefined
  readonly options: Options
  /** What a run is called where it failed. */
  readonly nameOf: (result: Result) => string
  /** The command that repeats a run exactly. */
  readonly replayCommand: (seed: number, options: Options) => string
  readonly onResult?: (result: Result) => void
}

/** What runs showed together. */
export interface SeedTally<Result> {
  /** How many were run. */
  readonly seeds: number
  /** Those that broke a promise. */
  readonly failed: readonly Result[]
  readonly met: ReadonlyMap<string, number>
}

const progressMs = 5_000

/** Runs seeds side by side, tells how far it is, and what fails as soon as it does. */
export async function runSeeds<Options, Result extends SeedResult>(
  pool: SeedPool<Options, Result>,
  runs: SeedRunsOptions<Options, Result>,
): Promise<SeedTally<Result>> {
  const { seeds, from, threads, minutes, options, nameOf, replayCommand, onResult } = runs
  const failed: Result[] = []
  const met = new Map<string, number>()
  const started = performance.now()
  const endsAt = minutes === undefined ? Number.POSITIVE_INFINITY : started + minutes * 60_000
  let done = 0
  let next = from

  using _progress = reportEvery(progressMs, () => {
    const rate = done / ((performance.now() - started) / 1_000)
    say(`${done} seeds, ${rate.toFixed(1)} seeds/s, ${failed.length} failed`)
  })

  function note(result: Result): void {
    done += 1
    for (const [name, count] of result.met) met.set(name, (met.get(name) ?? 0) + count)
    onResult?.(result)
    if (result.violations.length === 0) return
    failed.push(result)
    say(`${nameOf(result)}: ${result.violations.join('; ')}\n  ${replayCommand(result.seed, options)}`)
  }

  async function work(): Promise<void> {
    while (next < from + seeds && performance.now() < endsAt) {
      const seed = next
      next += 1
      note(await pool.run({ seed, options }))
    }
  }

  await Promise.all(Array.from({ length: threads }, work))
  return { seeds: done, failed, met }
}

export interface ConclusionOptions {
  /** How many things are to be met. */
  readonly milestones: number
  /** How many of them never were. */
  readonly unmet: number
  /** Whether that is no failure: so few seeds cannot meet everything. Default: it is one. */
  readonly mayMiss?: boolean
  /** Of `performance.now()`. */
  readonly startedAt: number
  readonly isJson: boolean
}

/** Prints the numbers of all runs. @returns the exit code: 1 if a promise was broken, or something was never met. */
export function concludeRuns(
  { seeds, failed }: SeedTally<SeedResult>,
  { milestones, unmet, mayMiss = false, startedAt, isJson }: ConclusionOptions,
): number {
  const violations = failed.reduce((sum, result) => sum + result.violations.length, 0)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  const failedSeeds = failed.map(({ seed }) => seed)
  if (isJson) out(JSON.stringify({ seeds, violations, unmet, milestones, failedSeeds, seconds }))
  else out(`${seeds} seeds, ${violations} violations, ${unmet} unmet, ${seconds} s`)
  return violations > 0 || (unmet > 0 && !mayMiss) ? 1 : 0
}

/** Prints what one run showed. @returns the exit code: 1 if it broke a promise. */
export function showRun(
  { seed, trace, violations }: SeedResult,
  { name, isJson, fields = {} }: { readonly name: string; readonly isJson: boolean; readonly fields?: object },
): number {
  if (isJson) {
    out(JSON.stringify({ seed, ...fields, violations: violations.length, details: violations }))
  } else {
    for (const line of trace) out(line)
    for (const violation of violations) out(`violation: ${violation}`)
    out(`${name}: ${violations.length} violations`)
  }
  return violations.length > 0 ? 1 : 0
}
