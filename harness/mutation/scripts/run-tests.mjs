// Runs test files of a copy of the repository, one after the other in the given order, and reports the files that failed.
// A program of its own, because a mutant may make it hang: whoever started it kills it then, with its workers.
// Argument: a JSON object, see `Task`. Each test file that begins, and each test that ends, is a line on standard output; the
// last line is a JSON object, see `Result`.

import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * @typedef {object} Task
 * @property {string} root of the copy
 * @property {readonly string[]} files in the order in which they are to run, from the root
 * @property {boolean} stopsAtFailure
 *
 * @typedef {object} Result
 * @property {readonly string[]} failed files, from the root
 * @property {boolean} ok whether nothing failed, in a test or outside of one
 */

/** @type {Task} */
const { root, files, stopsAtFailure } = JSON.parse(process.argv[2] ?? '')

// The vitest of the copy: test files and the runner must share one.
const vitest = pathToFileURL(createRequire(join(root, 'package.json')).resolve('vitest/node')).href
const { startVitest } = await import(vitest)

/** @param {string} path */
const fromRoot = (path) => relative(root, path).replaceAll(sep, '/')

/** Runs files in the order in which they were named. */
class GivenOrder {
  /** @template {{ readonly moduleId: string }} Specification @param {Specification[]} specifications */
  sort(specifications) {
    /** @param {Specification} specification */
    const place = ({ moduleId }) => files.indexOf(fromRoot(moduleId))
    return specifications.toSorted((a, b) => place(a) - place(b))
  }

  /** @template Specification @param {Specification[]} specifications */
  shard(specifications) {
    return specifications
  }
}

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`)

/** @param {{ readonly moduleId: string }} module */
function onTestModuleStart({ moduleId }) {
  say(`file ${fromRoot(moduleId)}`)
}

function onTestCaseResult() {
  say('test')
}

process.chdir(root)
// A test that is killed cannot clean up; what it wrote ends with the copy.
process.env['TMPDIR'] = join(root, '.tmp')
mkdirSync(process.env['TMPDIR'], { recursive: true })
const run = await startVitest('test', [...files], {
  root,
  watch: false,
  bail: stopsAtFailure ? 1 : 0,
  maxWorkers: 1,
  silent: true,
  reporters: [{ onTestModuleStart, onTestCaseResult }],
  sequence: { sequencer: GivenOrder },
})
const failed = run.state
  .getTestModules()
  .flatMap((module) => (module.state() === 'failed' ? [fromRoot(module.moduleId)] : []))
const ok = failed.length === 0 && run.state.getUnhandledErrors().length === 0
await run.close()
// By way of an exit: a mutant may have left something behind that keeps the process alive.
process.stdout.write(`\n${JSON.stringify({ failed, ok })}\n`, () => process.exit(0))
