import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Mutant } from '../mutants/mutant.ts'
import { decisionMutants } from '../mutants/rules-of-decision.ts'
import { followingMutants } from '../mutants/rules-of-following.ts'
import { intakeMutants } from '../mutants/rules-of-intake.ts'
import knownSeeds from '../mutants/seeds.json' with { type: 'json' }
import { bundleWorker } from './bundle.ts'
import { type JobResult, type Pool, pool } from './pool.ts'

const out = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const help = `Breaks one rule of the engine at a time; the simulation must notice each.

  pnpm mutants [--seeds 2000] [--only TEXT] [--jobs J] [--write] [--json]

  --seeds N    most seeds per mutant; default 2000, as many as a run of \`pnpm simulate\`
  --only TEXT  mutants with this in their names
  --jobs J     threads; default one per core
  --write      keep in src/mutants/seeds.json which seed caught which mutant: it is the first to be tried the next time
  --json       the numbers alone on standard output, as one line

Ends with 1 if a mutant survives.
`

const mutants: readonly Mutant[] = [...decisionMutants, ...intakeMutants, ...followingMutants]

interface Verdict {
  readonly mutant: Mutant
  /** `undefined`: it survived, or could not be made. */
  readonly caught: JobResult | undefined
  /** Why it could not be made. */
  readonly failure?: string
}

/** A mutant whose place is gone from the sources counts as a survivor. */
async function huntIfMade(mutant: Mutant, options: HuntOptions): Promise<Verdict> {
  try {
    return await hunt(mutant, options)
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

/** The seed that caught the mutant last, then all the others. */
function* seedsFor({ name }: Mutant, most: number): Generator<number> {
  const known = seedsBefore.get(name)
  if (known !== undefined) yield known
  for (let seed = 1; seed <= most; seed++) if (seed !== known) yield seed
}

/** Runs seeds until the first violation that the sound engine does not show as well. */
async function hunt(mutant: Mutant, { seeds, jobs, sound }: HuntOptions): Promise<Verdict> {
  await using threads = pool(await bundleWorker(mutant.patches), jobs)
  const waiting = seedsFor(mutant, seeds)
  let caught: JobResult | undefined

  async function work(): Promise<void> {
    // Each worker takes the next one; none of them ends the others.
    for (let next = waiting.next(); !next.done && caught === undefined; next = waiting.next()) {
      const seed = next.value
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((each) => each !== '--'),
    options: {
      seeds: { type: 'string', default: '2000' },
      only: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    out(help)
    return 0
  }
  const started = performance.now()
  const print = values.json ? say : out
  const chosen = mutants.filter(({ name }) => name.includes(values.only))
  const survivors: string[] = []
  const seeds = new Map(seedsBefore)
  await using sound = pool(await bundleWorker(), 1)
  for (const mutant of chosen) {
    const verdict = await huntIfMade(mutant, { seeds: Number(values.seeds), jobs: Number(values.jobs), sound })
    print(describe(verdict))
    if (verdict.caught === undefined) survivors.push(mutant.name)
    else seeds.set(mutant.name, verdict.caught.seed)
  }
  if (values.write) keepSeeds(seeds)
  const seconds = Math.round((performance.now() - started) / 1000)
  const caught = chosen.length - survivors.length
  if (values.json) out(JSON.stringify({ mutants: chosen.length, caught, survivors, seconds }))
  else out(`${caught} of ${chosen.length} mutants caught, ${seconds} s`)
  return survivors.length > 0 ? 1 : 0
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  },
)
