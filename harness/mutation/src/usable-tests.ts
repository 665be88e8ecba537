import { runTests, type TestRun } from './test-run.ts'
import type { TreeCopy } from './tree-copy.ts'

/** Which test files can say something about a mutant: those that pass without one. */
export interface UsableTests {
  /** Those that are not known to fail anyway. */
  of(files: readonly string[]): readonly string[]
  /**
   * Whether a run failed because of its mutant. Files that failed are run again without it, unless they are known; it takes
   * less time than to run all of them first.
   *
   * @param copy with the sources as they are.
   */
  isMeant(run: TestRun, copy: TreeCopy): Promise<boolean>
  /** Files that fail without any mutant. */
  readonly failing: readonly string[]
}

export function usableTests(idleMs: number): UsableTests {
  const passing = new Set<string>()
  const failing = new Set<string>()

  async function passes(file: string, { root }: TreeCopy): Promise<boolean> {
    if (passing.has(file)) return true
    const { outcome } = await runTests({ root, files: [file], stopsAtFailure: true, idleMs })
    ;(outcome === 'passed' ? passing : failing).add(file)
    return outcome === 'passed'
  }

  return {
    of: (files) => files.filter((file) => !failing.has(file)),
    async isMeant({ failed }, copy) {
      const outcomes: boolean[] = []
      for (const file of failed) outcomes.push(await passes(file, copy))
      // An error that belongs to no file belongs to the mutant.
      return failed.length === 0 || outcomes.includes(true)
    },
    get failing() {
      return [...failing].toSorted()
    },
  }
}
