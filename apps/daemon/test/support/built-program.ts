import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const daemon = fileURLToPath(new URL('../..', import.meta.url))

export interface Loaded {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** Names of the npm packages and of the packages of ours that were loaded, in alphabetic order. */
  readonly packages: readonly string[]
  /** Whether zod was loaded, which is bundled. */
  readonly hasSchemas: boolean
}

export interface BuiltProgram extends Disposable {
  /** Runs it, and tells what it loaded. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Loaded
}

/** Writes down every module that is loaded, before anything else is. */
const recorder = (file: string): string => `
import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(`
import { appendFileSync } from 'node:fs'
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(file)}, url + '\\n')
  return await next(url, context)
}`)}))`

/** The program as its users get it, built of the sources of this moment. It needs the other packages to be built. */
export function builtProgram(): BuiltProgram {
  // Within the package, where its dependencies are found.
  const directory = join(daemon, 'node_modules', `.built-${process.pid}`)
  execFileSync(join(daemon, '../../node_modules/.bin/tsup'), ['--out-dir', directory, '--silent'], { cwd: daemon })
  return {
    run(args, env = {}) {
      const list = join(directory, 'loaded')
      rmSync(list, { force: true })
      const hook = `data:text/javascript,${encodeURIComponent(recorder(list))}`
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', hook, join(directory, 'cli.js'), ...args],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env },
        },
      )
      const urls = readFileSync(list, 'utf8').split('\n')
      const packages = urls.flatMap((url) => packageOf(url) ?? [])
      return {
        code: status,
        out: stdout,
        err: stderr,
        packages: [...new Set(packages)].toSorted(),
        hasSchemas: urls.some(
          (url) => url.startsWith(`file://${directory}/`) && readFileSync(new URL(url), 'utf8').includes('ZodType'),
        ),
      }
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function packageOf(url: string): string | undefined {
  const [, theirs] = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(url) ?? []
  const [, ours] = /\/packages\/([^/]+)\/dist\//.exec(url) ?? []
  return theirs ?? (ours === undefined ? undefined : `@perun-watcher/${ours}`)
}
