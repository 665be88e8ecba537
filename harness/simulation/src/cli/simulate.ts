import { out, reportEvery, say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import { type Milestone, milestones, unmetOf } from '../coverage/milestones.ts'
import { help, replayCommand, type SimulateArguments, simulateArguments } from './arguments.ts'
import { bundleWorker } from './bundle.ts'
import { type JobResult, type Pool, pool } from './pool.ts'
import { shrink } from './shrink.ts'

/** Failures that are made smaller; more of them tell nothing new. */
const shrunkAtMost = 3
const progressMs = 5_000

interface Tally {
  seeds: number
  readonly failed: JobResult[]
  readonly met: Map<string, number>
}

/** Runs seeds side by side until there are enough of them, or the time is over. */
async function runSeeds(threads: Pool, { seeds, from, minutes, jobs, options }: SimulateArguments): Promise<Tally> {
  const tally: Tally = { seeds: 0, failed: [], met: new Map() }
  const started = performance.now()
  const endsAt = minutes === undefined ? Number.POSITIVE_INFINITY : started + minutes * 60_000
  let next = from

  using _progress = reportEvery(progressMs, () => {
    const rate = tally.seeds / ((performance.now() - started) / 1000)
    say(`${tally.seeds} seeds, ${rate.toFixed(1)} seeds/s, ${tally.failed.length} failed`)
  })

  async function work(): Promise<void> {
    while (next < from + seeds && performance.now() < endsAt) {
      const seed = next
      next += 1
      const result = await threads.run({ seed, options })
      tally.seeds += 1
      for (const [name, count] of result.met) tally.met.set(name, (tally.met.get(name) ?? 0) + count)
      if (result.violations.length > 0) {
        tally.failed.push(result)
        say(`seed ${seed}: ${result.violations.join('; ')}\n  ${replayCommand(seed, options)}`)
      }
    }
  }

  await Promise.all(Array.from({ length: jobs }, work))
  return tally
}

async function shrinkSome(threads: Pool, { failed }: Tally, { options }: SimulateArguments): Promise<void> {
  for (const result of failed.slice(0, shrunkAtMost)) {
    const smallest = await shrink(threads, result, options)
    say(`seed ${result.seed} in a smaller world: ${smallest.result.violations.join('; ')}`)
    say(`  ${replayCommand(result.seed, smallest.options)}`)
  }
}

function reportCoverage({ met }: Tally, unmet: readonly Milestone[], print: (text: string) => void): void {
  for (const name of Object.keys(milestones)) print(`${String(met.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of unmet) print(`never met: ${name} (${milestones[name]})`)
}

async function simulate(args: SimulateArguments): Promise<number> {
  const started = performance.now()
  await using threads = pool(await bundleWorker(), args.jobs)
  const tally = await runSeeds(threads, args)
  await shrinkSome(threads, tally, args)
  const unmet = unmetOf(tally.met)
  const print = args.isJson ? say : out
  reportCoverage(tally, unmet, print)
  const summary = {
    seeds: tally.seeds,
    violations: tally.failed.reduce((sum, { violations }) => sum + violations.length, 0),
    unmet: unmet.length,
    milestones: Object.keys(milestones).length,
    failedSeeds: tally.failed.map(({ seed }) => seed),
    seconds: Math.round((performance.now() - started) / 1000),
  }
  if (args.isJson) out(JSON.stringify(summary))
  else out(`${summary.seeds} seeds, ${summary.violations} violations, ${summary.unmet} unmet, ${summary.seconds} s`)
  return summary.violations > 0 || summary.unmet > 0 ? 1 : 0
}

async function replay(seed: number, { options, isJson }: SimulateArguments): Promise<number> {
  await using threads = pool(await bundleWorker(), 1)
  const { trace, violations } = await threads.run({ seed, options: { ...options, keepsTrace: true } })
  if (isJson) {
    out(JSON.stringify({ seed, violations: violations.length, details: violations }))
  } else {
    for (const line of trace) out(line)
    for (const violation of violations) out(`violation: ${violation}`)
    out(`seed ${seed}: ${violations.length} violations`)
  }
  return violations.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = simulateArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return args.replay === undefined ? simulate(args) : replay(args.replay, args)
})
