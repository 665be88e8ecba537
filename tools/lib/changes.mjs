import { execFileSync } from 'node:child_process'
import { root } from './root.mjs'

/**
 * Tests that start chains, daemons or children to kill, or play long lives: `pnpm unit` runs them, `pnpm quick` does not.
 */
const slow = [
  '**/*.e2e.test.ts',
  'examples/**',
  'harness/{bench,crash,devnet,differential,e2e,interop,real}/**',
  'harness/simulation/test/run-seed.test.ts',
]

/** @param {readonly string[]} args */
function git(...args) {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/**
 * Where the work at hand began: where it left the main branch, or the last commit, where there is no other branch.
 *
 * @returns {string}
 */
export function whereWorkBegan() {
  return git('merge-base', 'HEAD', 'origin/main') ?? git('merge-base', 'HEAD', 'main') ?? 'HEAD'
}

/**
 * @param {string} base
 * @returns {string[]} the files that differ from it, committed or not, new ones included
 */
export function changedSince(base) {
  const changed = git('diff', '--name-only', base) ?? ''
  const added = git('ls-files', '--others', '--exclude-standard') ?? ''
  return [...changed.split('\n'), ...added.split('\n')].filter((path) => path !== '')
}

/**
 * What vitest has to be told to run the tests that changed files concern, of the packages in which they lie.
 *
 * @param {readonly string[]} changed
 * @param {string} base
 * @returns {string[] | undefined} nothing if no package has changed
 */
export function testsOf(changed, base) {
  const folders = changed.flatMap((path) => /^(?:(?:packages|apps|harness|examples)\/[\w-]+|tools)\//.exec(path) ?? [])
  if (folders.length === 0) return undefined
  return [
    ...new Set(folders),
    `--changed=${base}`,
    '--passWithNoTests',
    '--silent=passed-only',
    ...slow.map((glob) => `--exclude='${glob}'`),
  ]
}
