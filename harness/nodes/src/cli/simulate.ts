import { bundle } from '@perun-watcher/harness-kit/bundle'
import { out, say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import { concludeRuns, runSeeds, type SeedPool, seedPool, showRun } from '@perun-watcher/harness-kit/seed-runs'
import { milestones, unmetOf } from '../run/milestones.ts'
import { failedRun, type RunOptions, type RunResult } from '../run/run-seed.ts'
import { type Theme, themes } from '../run/themes.ts'
import { help, type NodesArguments, nodesArguments, replayCommand } from './arguments.ts'

/** A run takes a second or two; one that takes this long is stuck. */
const patienceMs = 180_000

async function pool(threads: number): Promise<SeedPool<RunOptions, RunResult>> {
  const script = await bundle({ entry: new URL('./worker.ts', import.meta.url) })
  return seedPool({ script, threads, patienceMs, failed: failedRun })
}

const nameOf = ({ seed, theme }: RunResult): string => `seed ${seed} (${theme})`

/** How many runs of each theme broke a promise. */
function reportThemes(runs: ReadonlyMap<Theme, number>, failed: readonly RunResult[], print: typeof say): void {
  for (const theme of themes) {
    const count = runs.get(theme)
    if (count === undefined) continue
    const broken = failed.filter((result) => result.theme === theme)
    const seeds = broken.map(({ seed }) => seed).slice(0, 8)
    print(`${theme.padEnd(24)}${broken.length}/${count}${broken.length === 0 ? '' : `  seeds ${seeds.join(', ')}`}`)
  }
}

async function simulate(args: NodesArguments): Promise<number> {
  const { isJson, isPartial } = args
  const startedAt = performance.now()
  await using threads = await pool(args.jobs)
  const runs = new Map<Theme, number>()
  const tally = await runSeeds(threads, {
    ...args,
    threads: args.jobs,
    nameOf,
    replayCommand,
    onResult: ({ theme }) => void runs.set(theme, (runs.get(theme) ?? 0) + 1),
  })
  const unmet = unmetOf(tally.met)
  const print = isJson ? say : out
  for (const name of milestones) print(`${String(tally.met.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const name of unmet) print(`never met: ${name}`)
  reportThemes(runs, tally.failed, print)
  const counts = { milestones: milestones.length, unmet: unmet.length, mayMiss: isPartial }
  return concludeRuns(tally, { ...counts, startedAt, isJson })
}

async function replay(seed: number, { options, isJson }: NodesArguments): Promise<number> {
  await using threads = await pool(1)
  const result = await threads.run({ seed, options: { ...options, keepsTrace: true } })
  return showRun(result, { name: nameOf(result), isJson, fields: { theme: result.theme } })
}

runProgram(async (argv) => {
  const args = nodesArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return args.replay === undefined ? simulate(args) : replay(args.replay, args)
})
