import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './root.mjs'

/** @type {{ scripts: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** No tool of ours reports home or looks for its own updates. */
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`,
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  ...(process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined }),
}

/**
 * @typedef {object} RunOptions
 * @property {readonly string[] | undefined} [args] further arguments
 * @property {'capture' | 'inherit' | undefined} [output] hold the output back, or let it through while the command runs
 *
 * @typedef {object} RunResult
 * @property {number} code the exit code; 1 if a signal ended it
 * @property {string} output what it printed, if captured
 * @property {number} seconds
 */

/**
 * Runs a command from the root of the repository and never rejects: a command that cannot start has failed.
 *
 * @param {string} command
 * @param {RunOptions & { shell?: boolean }} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, { args = [], output = 'capture', shell = false } = {}) {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment,
      shell,
      stdio: output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    /** @param {number} code */
    const finish = (code) => resolve({ code, output: text, seconds: (performance.now() - startedAt) / 1000 })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
    }
    child.on('error', (error) => {
      text += String(error)
      finish(1)
    })
    // The terminal sends Ctrl-C to the child as well, and the child decides when it is done.
    const stay = () => {}
    const passOn = () => child.kill('SIGTERM')
    process.on('SIGINT', stay).on('SIGTERM', passOn)
    child.on('close', (code) => {
      process.off('SIGINT', stay).off('SIGTERM', passOn)
      finish(code ?? 1)
    })
  })
}

/**
 * Runs a script of the root package.json, without the half second that pnpm needs to start.
 *
 * @param {string} name
 * @param {RunOptions} [options] arguments go through a shell as they are
 */
export function runScript(name, { args = [], output } = {}) {
  const script = manifest.scripts[name]
  if (script === undefined) throw new Error(`package.json has no script "${name}"`)
  return run([script, ...args].join(' '), { output, shell: true })
}
