import { runTests, type TestRun } from './test-run.ts'

/** What the tests of a package do without a mutation. */
export interface Baseline {
  /** Test files that pass; only these can notice anything. */
  readonly passing: readonly string[]
  readonly failing: readonly string[]
  readonly seconds: number
}

/** A package whose tests take longer than that has hung. */
const limitMs = 30 * 60_000

/** @throws Error if no test can be run at all. */
export async function baselineOf(root: string, tests: readonly string[]): Promise<Baseline> {
  const run: TestRun = await runTests({ root, files: tests, stopsAtFailure: false, timeoutMs: limitMs })
  if (run.outcome === 'broken' || run.outcome === 'timeout') {
    throw new Error(`The tests cannot be run without a mutation (${run.outcome}): ${run.complaint}`)
  }
  const failing = tests.filter((test) => run.failed.includes(test))
  return { passing: tests.filter((test) => !failing.includes(test)), failing, seconds: run.seconds }
}

/** How long the tests may take with a mutation: a slow machine must not pass for a test that hangs. */
export function patienceMs({ seconds }: Baseline): number {
  return (60 + 4 * seconds) * 1000
}
