import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { main } from '../../../apps/daemon/src/cli/main.ts'
import { root } from '../root.mjs'
import { run } from '../run.mjs'
import { commandsIn, flagsIn, usesIn } from './commands.mjs'

/**
 * The scripts, commands and flags that exist, asked of the programs themselves.
 *
 * @param {{ readonly packageManager: string, readonly scripts: Readonly<Record<string, string>> }} manifest of the root
 * @returns {Promise<import('./commands.mjs').Commands>}
 */
export async function existingCommands(manifest) {
  return {
    pnpm: manifest.packageManager.replace('pnpm@', ''),
    scripts: new Set([...Object.keys(manifest.scripts), ...readdirSync(join(root, 'node_modules/.bin'))]),
    programs: new Map([...(await daemonFlags()), ...(await harnessFlags(manifest.scripts))]),
  }
}

/** @returns {Promise<(readonly [string, ReadonlySet<string>])[]>} */
async function daemonFlags() {
  const commands = commandsIn(await daemonHelp())
  return Promise.all(
    [[], ...commands.map((command) => [command])].map(
      async (command) =>
        /** @type {const} */ ([['perun-watcher', ...command].join(' '), flagsIn(await daemonHelp(...command))]),
    ),
  )
}

/** @param {readonly string[]} command */
async function daemonHelp(...command) {
  let text = ''
  /** @param {string} more */
  const write = (more) => {
    text += more
  }
  const channel = { write, isLive: false, hasColors: false, hasUnicode: true, columns: () => 80, rows: () => 24 }
  const never = new AbortController().signal
  await main([...command, '--help'], {
    output: { out: channel, err: channel },
    env: {},
    signal: never,
    immediate: never,
    onHangup: () => ({ [Symbol.dispose]() {} }),
  })
  return text
}

/**
 * The programs of harness/ and the demo print their flags for `--help`. What their scripts do before is left out.
 *
 * @param {Readonly<Record<string, string>>} scripts
 * @returns {Promise<(readonly [string, ReadonlySet<string>])[]>}
 */
async function harnessFlags(scripts) {
  const programs = Object.entries(scripts).flatMap(([name, script]) => {
    const [, path] =
      script === 'node tools/demo.mjs'
        ? ['', 'apps/demo/src/cli.ts']
        : (/node --import tsx (harness\/\S+)$/.exec(script) ?? [])
    return path === undefined ? [] : [{ name: `pnpm ${name}`, path }]
  })
  const helps = await Promise.all(
    programs.map(async ({ name, path }) => {
      const help = await helpOf(path, '--help')
      // A mode with flags of its own.
      const [, more] = /see `pnpm [\w:]+ ([^`]+ --help)`/.exec(help) ?? []
      const further = more === undefined ? '' : await helpOf(path, ...more.replace('NAME', 'all').split(' '))
      return { name, help: help + further }
    }),
  )
  return helps.flatMap(({ name, help }) =>
    [name, ...usesIn(name, help)].map((use) => /** @type {const} */ ([use, flagsIn(help)])),
  )
}

/**
 * @param {string} path of a program
 * @param {readonly string[]} args
 */
async function helpOf(path, ...args) {
  const { code, output } = await run(process.execPath, { args: ['--import', 'tsx', path, ...args] })
  if (code !== 0) throw new Error(`${path} ${args.join(' ')} failed: ${output}`)
  return output
}
