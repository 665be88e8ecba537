import { out, say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import { concludeRuns, runSeeds, type SeedResult, type SeedTally, showRun } from '@perun-watcher/harness-kit/seed-runs'
import { type Milestone, milestones, unmetOf } from '../coverage/milestones.ts'
import { help, replayCommand, type SimulateArguments, simulateArguments } from './arguments.ts'
import { bundleWorker } from './bundle.ts'
import { type Pool, pool } from './pool.ts'
import { shrink } from './shrink.ts'

/** Failures that are made smaller; more of them tell nothing new. */
const shrunkAtMost = 3

const nameOf = ({ seed }: SeedResult): string => `seed ${seed}`

async function shrinkSome(
  threads: Pool,
  { failed }: SeedTally<SeedResult>,
  { options }: SimulateArguments,
): Promise<void> {
  for (const result of failed.slice(0, shrunkAtMost)) {
    const smallest = await shrink(threads, result, options)
    say(`${nameOf(result)} in a smaller world: ${smallest.result.violations.join('; ')}`)
    say(`  ${replayCommand(result.seed, smallest.options)}`)
  }
}

function reportCoverage(
  { met }: SeedTally<SeedResult>,
  unmet: readonly Milestone[],
  print: (text: string) => void,
): void {
  for (const name of Object.keys(milestones)) print(`${String(met.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of unmet) print(`never met: ${name} (${milestones[name]})`)
}

async function simulate(args: SimulateArguments): Promise<number> {
  const { isJson, jobs } = args
  const startedAt = performance.now()
  await using threads = pool(await bundleWorker(), jobs)
  const tally = await runSeeds(threads, { ...args, threads: jobs, nameOf, replayCommand })
  await shrinkSome(threads, tally, args)
  const unmet = unmetOf(tally.met)
  reportCoverage(tally, unmet, isJson ? say : out)
  const counts = { milestones: Object.keys(milestones).length, unmet: unmet.length }
  return concludeRuns(tally, { ...counts, startedAt, isJson })
}

async function replay(seed: number, { options, isJson }: SimulateArguments): Promise<number> {
  await using threads = pool(await bundleWorker(), 1)
  const result = await threads.run({ seed, options: { ...options, keepsTrace: true } })
  return showRun(result, { name: nameOf(result), isJson })
}

runProgram(async (argv) => {
  const args = simulateArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return args.replay === undefined ? simulate(args) : replay(args.replay, args)
})
