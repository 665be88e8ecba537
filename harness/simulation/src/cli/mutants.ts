import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import { out, say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import type { SeedResult } from '@perun-watcher/harness-kit/seed-runs'
import type { Mutant } from '../mutants/mutant.ts'
import { decisionMutants } from '../mutants/rules-of-decision.ts'
import { enduranceMutants } from '../mutants/rules-of-endurance.ts'
import { followingMutants } from '../mutants/rules-of-following.ts'
import { intakeMutants } from '../mutants/rules-of-intake.ts'
import { timeMutants } from '../mutants/rules-of-time.ts'
import knownSeeds from '../mutants/seeds.json' with { type: 'json' }
import { bundleWorker } from './bundle.ts'
import { type Pool, pool } from './pool.ts'

const help = `Breaks one rule of the engine at a time; the simulation must notice each.

  pnpm mutants [--seeds 2000] [--only TEXT] [--jobs J] [--write] [--json]
  pnpm mutants --package NAME …      random changes of any package instead: see \`pnpm mutants --package NAME --help\`

  --seeds N    most seeds per mutant; default 2000, as many as a run of \`pnpm simulate\`
  --only TEXT  mutants with this in their names
  --jobs J     threads; default one per core
  --write      keep in src/mutants/seeds.json which seed caught which mutant: it is the first to be tried the next time
  --json       the numbers alone on standard output, as one line

Ends with 1 if a mutant survives.
`

const mutants: readonly Mutant[] = [
  ...decisionMutants,
  ...intakeMutants,
  ...followingMutants,
  ...timeMutants,
  ...enduranceMutants,
]

interface Verdict {
  readonly mutant: Mutant
  /** `undefined`: it survived, or could not be made. */
  readonly caught: SeedResult | undefined
  /** Why it could not be made. */
  readonly failure?: string
}

/** A mutant whose place is gone from the sources counts as a survivor. */
async function ifMade(mutant: Mutant, work: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await work()
  } catch (error) {
    return { mutant, caught: undefined, failure: error instanceof Error ? error.message : String(error) }
  }
}

interface HuntOptions {
  readonly seeds: number
  readonly jobs: number
  /** Threads with the engine as it is. */
  readonly sound: Pool
}

/** Seeds that caught mutants when somebody looked last, by the names of the mutants. */
const seedsBefore: ReadonlyMap<string, number> = new Map(Object.entries(knownSeeds))

/** The seed that caught the mutant last, beside the engine as it is. Nearly always that is all. */
async function tryKnown(mutant: Mutant, sound: Pool): Promise<Verdict> {
  const seed = seedsBefore.get(mutant.name)
  if (seed === undefined) return { mutant, caught: undefined }
  const job = { seed, options: {} }
  const script = await bundleWorker(mutant.patches)
  await using threads = pool(script, 1)
  const [result, control] = await Promise.all([threads.run(job), sound.run(job)])
  const isCaught = result.violations.length > 0 && control.violations.length === 0
  return { mutant, caught: isCaught ? result : undefined }
}

/** Runs seeds until the first violation that the sound engine does not show as well. */
async function hunt(mutant: Mutant, { seeds, jobs, sound }: HuntOptions): Promise<Verdict> {
  await using threads = pool(await bundleWorker(mutant.patches), jobs)
  let caught: SeedResult | undefined
  let next = 1

  async function work(): Promise<void> {
    while (next <= seeds && caught === undefined) {
      const seed = next
      next += 1
      const result = await threads.run({ seed, options: {} })
      if (result.violations.length === 0) continue
      const control = await sound.run({ seed, options: {} })
      if (control.violations.length === 0) caught ??= result
    }
  }

  await Promise.all(Array.from({ length: jobs }, work))
  return { mutant, caught }
}

function describe({ mutant: { name, weakness }, caught, failure }: Verdict): string {
  const [violation = ''] = caught?.violations ?? []
  const missed = failure === undefined ? 'SURVIVED' : `NOT MADE: ${failure}`
  const verdict = caught === undefined ? missed : `seed ${caught.seed}: ${violation.split('\n')[0]}`
  return `${name.padEnd(36)} ${verdict}\n${' '.repeat(37)}${weakness}`
}

function keepSeeds(seeds: ReadonlyMap<string, number>): void {
  const kept = mutants.flatMap(({ name }) => {
    const seed = seeds.get(name)
    return seed === undefined ? [] : [[name, seed] as const]
  })
  const file = fileURLToPath(new URL('../mutants/seeds.json', import.meta.url))
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`)
}

interface MutantsArguments {
  readonly seeds: number
  readonly only: string
  readonly jobs: number
  readonly keepsSeeds: boolean
  readonly isJson: boolean
}

async function huntAll({ seeds: mostSeeds, only, jobs, keepsSeeds, isJson }: MutantsArguments): Promise<number> {
  const started = performance.now()
  const print = isJson ? say : out
  const chosen = mutants.filter(({ name }) => name.includes(only))
  const survivors: string[] = []
  const seeds = new Map(seedsBefore)
  await using sound = pool(await bundleWorker(), jobs)

  function note(verdict: Verdict): void {
    print(describe(verdict))
    if (verdict.caught === undefined) survivors.push(verdict.mutant.name)
    else seeds.set(verdict.mutant.name, verdict.caught.seed)
  }

  const elusive: Mutant[] = []
  await mapConcurrently(chosen, jobs, async (mutant) => {
    const verdict = await ifMade(mutant, () => tryKnown(mutant, sound))
    if (verdict.caught === undefined && verdict.failure === undefined) elusive.push(mutant)
    else note(verdict)
  })
  for (const mutant of elusive) {
    note(await ifMade(mutant, () => hunt(mutant, { seeds: mostSeeds, jobs, sound })))
  }
  if (keepsSeeds) keepSeeds(seeds)
  const seconds = Math.round((performance.now() - started) / 1000)
  const caught = chosen.length - survivors.length
  if (isJson) out(JSON.stringify({ mutants: chosen.length, caught, survivors, seconds }))
  else out(`${caught} of ${chosen.length} mutants caught, ${seconds} s`)
  return survivors.length > 0 ? 1 : 0
}

/** A command of its own with options of its own; it loads a compiler that this one has no use for. */
async function sample(argv: readonly string[]): Promise<number> {
  const { sampleMutants } = await import('@perun-watcher/mutation')
  return await sampleMutants(argv)
}

runProgram(async (argv) => {
  if (argv.some((each) => each === '--package' || each.startsWith('--package='))) return await sample(argv)
  const line = parseCommandLine(argv, { values: ['seeds', 'only', 'jobs'], flags: ['write'] })
  if (line.has('help')) {
    out(help)
    return 0
  }
  return await huntAll({
    seeds: line.wholeNumber('seeds') ?? 2000,
    only: line.text('only') ?? '',
    jobs: line.wholeNumber('jobs') ?? availableParallelism(),
    keepsSeeds: line.has('write'),
    isJson: line.has('json'),
  })
})
