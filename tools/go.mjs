/**
 * `pnpm go`: vets and tests the Go module in `clients/go`, where Go is installed and its modules can be had; says why not
 * elsewhere. With a C compiler the tests run under the race detector.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './lib/root.mjs'

const folder = join(root, 'clients', 'go')
const fetchLimitMs = 180_000

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ output?: 'pipe' | 'inherit', timeout?: number }} [options]
 */
function run(command, args, { output = 'pipe', timeout } = {}) {
  return spawnSync(command, args, { cwd: folder, encoding: 'utf8', stdio: output, timeout })
}

/** @returns {string | undefined} why nothing can be tested here */
function obstacle() {
  if (run('go', ['version']).error !== undefined) return 'Go is not installed'
  const fetched = run('go', ['mod', 'download'], { timeout: fetchLimitMs })
  if (fetched.status === 0) return undefined
  const text = `${fetched.stderr}${fetched.error ?? ''}`.trim()
  // Another content than go.sum names is no reason to skip anything.
  if (/checksum|verifying|SECURITY/.test(text)) throw new Error(text)
  return `Go could not fetch the modules of clients/go: ${text.split('\n')[0]}`
}

const missing = obstacle()
if (missing !== undefined) {
  console.log(`clients/go skipped: ${missing}`)
} else {
  const hasCompiler = run('cc', ['--version']).status === 0
  const race = hasCompiler ? ['-race'] : []
  if (!hasCompiler) console.log('Without a C compiler the tests run without the race detector.')
  const isSound = [
    ['vet', './...'],
    ['test', ...race, './...'],
  ].every((args) => run('go', args, { output: 'inherit' }).status === 0)
  process.exitCode = isSound ? 0 : 1
}
