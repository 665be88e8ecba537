import { dice } from '@perun-watcher/harness-kit/dice'
import { describeMutant, drawMutants, type Mutant, type MutantDescription } from './draw.ts'
import { readPackage, testsOf } from './packages.ts'
import { likelyFirst } from './test-order.ts'
import { runTests } from './test-run.ts'
import { copyTree, type TreeCopy } from './tree-copy.ts'
import { typeCheck } from './type-check.ts'
import { type UsableTests, usableTests } from './usable-tests.ts'

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
  /** Test files that turned out to fail without any mutation, so that they could say nothing. */
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

/** No test of ours takes that long, whatever else the machine does. */
const idleMs = 5 * 60_000

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
  const tests = usableTests(idleMs)
  if (compiled.length > 0) {
    using copies = openCopies(root, Math.min(jobs, compiled.length))
    await copies.each(compiled, async (copy, mutant) => judge(mutant, await tryMutant(copy, mutant, tests)))
  }
  const counted = (verdict: Verdict): number => [...verdicts.values()].filter((each) => each === verdict).length
  const survivors = chosen.filter((mutant) => verdicts.get(mutant) === 'survived')
  return {
    points,
    drawn: chosen.length,
    caught: chosen.length - survivors.length,
    byTypes: counted('types'),
    timeouts: counted('timeout'),
    survivors: survivors.map(describeMutant),
    failingTests: tests.failing,
  }
}

function sentence(mutant: Mutant, verdict: Verdict): string {
  const { number, file, line, kind } = describeMutant(mutant)
  return `${verdict.padEnd(8)} #${number} ${file}:${line} ${kind}`
}

/** Its own tests, then those of packages that it is tested through. */
async function tryMutant(copy: TreeCopy, mutant: Mutant, tests: UsableTests): Promise<Verdict> {
  const through = (testedThrough[mutant.package.name] ?? []).map((folder) => testsOf(copy.root, folder))
  for (const files of [mutant.package.tests, ...through]) {
    const verdict = await tryTests(copy, mutant, files, tests)
    if (verdict !== 'survived') return verdict
  }
  return 'survived'
}

async function tryTests(
  copy: TreeCopy,
  { source, text }: Mutant,
  files: readonly string[],
  tests: UsableTests,
): Promise<Verdict> {
  for (;;) {
    const usable = likelyFirst(source.path, tests.of(files))
    if (usable.length === 0) return 'survived'
    copy.write(source.path, text)
    const run = await runTests({ root: copy.root, files: usable, stopsAtFailure: true, idleMs })
    copy.write(source.path, source.text)
    if (run.outcome === 'passed') return 'survived'
    // Where the runner cannot go on, something that it needs was broken.
    if (run.outcome === 'broken' || (await tests.isMeant(run, copy)))
      return run.outcome === 'timeout' ? 'timeout' : 'test'
    // Once more without the files that fail anyway.
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
