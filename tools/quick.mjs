/**
 * `pnpm quick`: what is worth knowing every few minutes while one works: types, lint, the import law, documents, and the
 * quick tests of the packages in which something changed since the work left the main branch. `pnpm test` proves the rest.
 */
import { changedSince, testsOf, whereWorkBegan } from './lib/changes.mjs'
import { runSteps } from './lib/steps.mjs'

const base = whereWorkBegan()
const tests = testsOf(changedSince(base), base)
if (tests === undefined) console.log('No package has changed: no tests to run.')

/** @type {import('./lib/steps.mjs').Step[][]} */
const groups = [
  [
    { script: 'typecheck', what: 'sources, tests, examples and tools (tsc)' },
    { script: 'lint', what: 'format and lint rules (biome)' },
    { script: 'architecture', what: 'who may import whom (dependency-cruiser)' },
    { script: 'docs:check', what: 'links, commands, names, examples and reference pages match the code' },
    // Not part of `pnpm test`: a subject that has landed cannot be mended any more.
    { script: 'commits', what: 'subjects of commits' },
  ],
  tests === undefined ? [] : [{ script: 'unit', what: 'quick tests of what changed (vitest)', args: tests }],
]

process.exitCode = (await runSteps(groups)).length > 0 ? 1 : 0
