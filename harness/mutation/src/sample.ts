import { dice } from '@perun-watcher/harness-kit/dice'
import { type Baseline, baselineOf, patienceMs } from './baseline.ts'
import { describeMutant, drawMutants, type Mutant, type MutantDescription } from './draw.ts'
import { readPackage, testsOf } from './packages.ts'
import { likelyFirst } from './test-order.ts'
import { runTests } from './test-run.ts'
import { copyTree, type TreeCopy } from './tree-copy.ts'
import { typeCheck } from './type-check.ts'

export interface SampleOptions {
  /** The root of the repository. */
  readonly root: string
  readonly packages: readonly string[]
  readonly seed: number
  readonly count: number
  /** The number of the one mutant to try, of those that are drawn. Default: all. */
  readonly only?: number | undefined
  /** How many are tried at the same time. */
  readonly jobs: number
  readonly onProgress: (sentence: string) => void
}

export interface SampleResult {
  /** How many mutations there were to draw from. */
  readonly points: number
  /** How many were drawn and tried. */
  readonly drawn: number
  /** All that did not survive: by types, by a test that failed, or by tests that did not come to an end. */
  readonly caught: number
  readonly byTypes: number
  readonly timeouts: number
  readonly survivors: readonly MutantDescription[]
  /** Test files that fail without any mutation, so that they could say nothing. */
  readonly failingTests: readonly string[]
}

/**
 * Packages whose tests are also asked about a mutant that survives those of its own package: what they test is mostly that
 * package, and they take seconds.
 */
const testedThrough: Readonly<Record<string, readonly string[]>> = {
  core: ['packages/transport-local'],
  'chain-evm': ['packages/chain-viem'],
}

type Verdict = 'types' | 'test' | 'timeout' | 'survived'

/** Draws mutants and finds out which of them the checks of their packages notice. */
export async function runSample(options: SampleOptions): Promise<SampleResult> {
  const { root, seed, count, only, jobs, onProgress } = options
  const packages = options.packages.map((name) => readPackage(root, name))
  const { points, mutants } = drawMutants(packages, dice(seed), count)
  const chosen = mutants.filter(({ number }) => only === undefined || number === only)
  onProgress(`${chosen.length} of ${points} mutations of ${options.packages.join(', ')}`)

  const verdicts = new Map<Mutant, Verdict>()
  const judge = (mutant: Mutant, verdict: Verdict): void => {
    verdicts.set(mutant, verdict)
    onProgress(`${verdicts.size}/${chosen.length} ${sentence(mutant, verdict)}`)
  }
  const types = typeCheck(root, [...new Set(chosen.map(({ source }) => source.path))])
  for (const mutant of chosen) if (types.refuses(mutant.source.path, mutant.text)) judge(mutant, 'types')

  const compiled = chosen.filter((mutant) => !verdicts.has(mutant))
  const baselines = await tryAll({ root, jobs, mutants: compiled, judge, onProgress })
  const counted = (verdict: Verdict): number => [...verdicts.values()].filter((each) => each === verdict).length
  const survivors = chosen.filter((mutant) => verdicts.get(mutant) === 'survived')
  return {
    points,
    drawn: chosen.length,
    caught: chosen.length - survivors.length,
    byTypes: counted('types'),
    timeouts: counted('timeout'),
    survivors: survivors.map(describeMutant),
    failingTests: baselines.flatMap(({ failing }) => failing),
  }
}

function sentence(mutant: Mutant, verdict: Verdict): string {
  const { number, file, line, kind } = describeMutant(mutant)
  return `${verdict.padEnd(8)} #${number} ${file}:${line} ${kind}`
}

interface Trial {
  readonly root: string
  readonly jobs: number
  readonly mutants: readonly Mutant[]
  readonly judge: (mutant: Mutant, verdict: Verdict) => void
  readonly onProgress: (sentence: string) => void
}

/** @returns what the tests of each folder do without a mutation. */
async function tryAll({ root, jobs, mutants, judge, onProgress }: Trial): Promise<readonly Baseline[]> {
  if (mutants.length === 0) return []
  using copies = openCopies(root, Math.min(jobs, mutants.length))
  const folders = [...new Set(mutants.flatMap(foldersOf))]
  const baselines = new Map<string, Baseline>()
  await copies.each(folders, async (copy, folder) => {
    const baseline = await baselineOf(copy.root, testsOf(root, folder))
    baselines.set(folder, baseline)
    onProgress(`the tests of ${folder} take ${baseline.seconds.toFixed(0)} s`)
    for (const test of baseline.failing) onProgress(`left out, because it fails without a mutation: ${test}`)
  })
  await copies.each(mutants, async (copy, mutant) => judge(mutant, await tryMutant(copy, mutant, baselines)))
  return [...baselines.values()]
}

/** Its own package, then those that it is tested through. */
function foldersOf(mutant: Mutant): readonly string[] {
  return [mutant.package.folder, ...(testedThrough[mutant.package.name] ?? [])]
}

async function tryMutant(copy: TreeCopy, mutant: Mutant, baselines: ReadonlyMap<string, Baseline>): Promise<Verdict> {
  const { path, text } = mutant.source
  copy.write(path, mutant.text)
  try {
    for (const folder of foldersOf(mutant)) {
      const baseline = baselines.get(folder)
      if (baseline === undefined || baseline.passing.length === 0) continue
      const { outcome } = await runTests({
        root: copy.root,
        files: likelyFirst(path, baseline.passing),
        stopsAtFailure: true,
        timeoutMs: patienceMs(baseline),
      })
      if (outcome === 'timeout') return 'timeout'
      // Where the runner itself cannot go on, it did so without the mutation.
      if (outcome !== 'passed') return 'test'
    }
    return 'survived'
  } finally {
    copy.write(path, text)
  }
}

interface Copies extends Disposable {
  /** Does the work for all items, for as many at the same time as there are copies. */
  each<Item>(items: readonly Item[], work: (copy: TreeCopy, item: Item) => Promise<void>): Promise<void>
}

function openCopies(root: string, count: number): Copies {
  const copies = Array.from({ length: count }, () => copyTree(root))
  return {
    async each(items, work) {
      const waiting = [...items]
      await Promise.all(
        copies.map(async (copy) => {
          for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(copy, item)
        }),
      )
    },
    [Symbol.dispose]() {
      for (const copy of copies) copy[Symbol.dispose]()
    },
  }
}
