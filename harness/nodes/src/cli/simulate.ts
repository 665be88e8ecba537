import { bundle } from '@perun-watcher/harness-kit/bundle'
import { out, reportEvery, say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import { type ThreadPool, threadPool } from '@perun-watcher/harness-kit/thread-pool'
import { milestones, unmetOf } from '../run/milestones.ts'
import { failedRun, type RunResult } from '../run/run-seed.ts'
import { type Theme, themes } from '../run/themes.ts'
import { help, type NodesArguments, nodesArguments, replayCommand } from './arguments.ts'
import type { Job } from './worker.ts'

const progressMs = 5_000
/** A run takes a second or two; one that takes this long is stuck. */
const patienceMs = 180_000

interface Tally {
  seeds: number
  readonly failed: RunResult[]
  readonly met: Map<string, number>
  /** Runs of each theme. */
  readonly runs: Map<Theme, number>
}

async function pool(jobs: number): Promise<ThreadPool<Job, RunResult>> {
  return threadPool<Job, RunResult>({
    script: await bundle({ entry: new URL('./worker.ts', import.meta.url) }),
    threads: jobs,
    patienceMs,
    isResult: (message): message is RunResult => typeof message === 'object' && message !== null && 'theme' in message,
    failed: ({ seed, options }, reason) => failedRun(seed, options, reason),
  })
}

/** Runs seeds side by side. */
async function runSeeds(threads: ThreadPool<Job, RunResult>, args: NodesArguments): Promise<Tally> {
  const { seeds, from, jobs, options } = args
  const tally: Tally = { seeds: 0, failed: [], met: new Map(), runs: new Map() }
  const started = performance.now()
  let next = from

  using _progress = reportEvery(progressMs, () => {
    const rate = tally.seeds / ((performance.now() - started) / 1_000)
    say(`${tally.seeds} seeds, ${rate.toFixed(1)} seeds/s, ${tally.failed.length} failed`)
  })

  async function work(): Promise<void> {
    while (next < from + seeds) {
      const seed = next
      next += 1
      const result = await threads.run({ seed, options })
      tally.seeds += 1
      tally.runs.set(result.theme, (tally.runs.get(result.theme) ?? 0) + 1)
      for (const [name, count] of result.met) tally.met.set(name, (tally.met.get(name) ?? 0) + count)
      if (result.violations.length === 0) continue
      tally.failed.push(result)
      say(`seed ${seed} (${result.theme}): ${result.violations.join('; ')}\n  ${replayCommand(seed, options)}`)
    }
  }

  await Promise.all(Array.from({ length: jobs }, work))
  return tally
}

/** How many runs of each theme broke a promise. */
function reportThemes({ failed, runs }: Tally, print: (text: string) => void): void {
  for (const theme of themes) {
    const count = runs.get(theme)
    if (count === undefined) continue
    const broken = failed.filter((result) => result.theme === theme)
    const seeds = broken.map(({ seed }) => seed).slice(0, 8)
    print(`${theme.padEnd(24)}${broken.length}/${count}${broken.length === 0 ? '' : `  seeds ${seeds.join(', ')}`}`)
  }
}

async function simulate(args: NodesArguments): Promise<number> {
  const started = performance.now()
  await using threads = await pool(args.jobs)
  const tally = await runSeeds(threads, args)
  const unmet = unmetOf(tally.met)
  const print = args.isJson ? say : out
  for (const name of milestones) print(`${String(tally.met.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of unmet) print(`never met: ${name}`)
  reportThemes(tally, print)
  const summary = {
    seeds: tally.seeds,
    violations: tally.failed.reduce((sum, { violations }) => sum + violations.length, 0),
    unmet: unmet.length,
    milestones: milestones.length,
    failedSeeds: tally.failed.map(({ seed }) => seed),
    seconds: Math.round((performance.now() - started) / 1_000),
  }
  if (args.isJson) out(JSON.stringify(summary))
  else out(`${summary.seeds} seeds, ${summary.violations} violations, ${summary.unmet} unmet, ${summary.seconds} s`)
  return summary.violations > 0 || summary.unmet > 0 ? 1 : 0
}

async function replay(seed: number, { options, isJson }: NodesArguments): Promise<number> {
  await using threads = await pool(1)
  const { theme, trace, violations } = await threads.run({ seed, options: { ...options, keepsTrace: true } })
  if (isJson) {
    out(JSON.stringify({ seed, theme, violations: violations.length, details: violations }))
  } else {
    for (const line of trace) out(line)
    for (const violation of violations) out(`violation: ${violation}`)
    out(`seed ${seed} (${theme}): ${violations.length} violations`)
  }
  return violations.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = nodesArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return args.replay === undefined ? simulate(args) : replay(args.replay, args)
})
