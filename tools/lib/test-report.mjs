import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'

const file = 'reports/vitest.json'

/**
 * What we read of vitest's JSON report.
 *
 * @typedef {object} Report
 * @property {readonly { readonly status: string, readonly assertionResults: readonly { readonly status: string }[] }[]} testResults
 *
 * @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Counts
 */

export const testReport = {
  args: [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    '--silent=passed-only',
    // One line for each file, and no more for tests that take their time.
    '--slowTestThreshold=10000',
    // A forgotten `it.only` would leave out all the others.
    '--allowOnly=false',
  ],

  /** Removes the report of an earlier run, so that its numbers are never told again. */
  forget() {
    rmSync(join(root, file), { force: true })
  },

  /** @returns {Report | undefined} nothing if no test was run */
  read() {
    try {
      return JSON.parse(readFileSync(join(root, file), 'utf8'))
    } catch {
      return undefined
    }
  },
}

/**
 * Counts tests. A file that could not be loaded counts as one failed test, and so does a failed step when no test
 * accounts for it: a failure is never summed up as "0 failed".
 *
 * @param {Report | undefined} report
 * @param {number} failedSteps
 * @returns {Counts}
 */
export function countTests(report, failedSteps) {
  let passed = 0
  let failed = 0
  let skipped = 0
  for (const { status, assertionResults } of report?.testResults ?? []) {
    const failures = assertionResults.filter((test) => test.status === 'failed').length
    const passes = assertionResults.filter((test) => test.status === 'passed').length
    passed += passes
    failed += status === 'failed' ? Math.max(failures, 1) : failures
    skipped += assertionResults.length - passes - failures
  }
  return { passed, failed: failed === 0 ? failedSteps : failed, skipped }
}

/**
 * The line by which our CI knows that tests ran.
 *
 * @param {Counts} counts
 */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
