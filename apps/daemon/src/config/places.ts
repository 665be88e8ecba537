import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Environment } from '../terminal/output.ts'
import type { Config } from './schema.ts'

const program = 'perun-watcher'

/** A folder of the XDG base directory specification: an absolute path in the variable, or the usual one at home. */
function xdg(env: Environment, variable: string, usual: string): string {
  const given = env[variable]
  return given?.startsWith('/') ? given : join(env['HOME'] ?? homedir(), usual)
}

/** Where a file is looked for when none is named; the first that exists is taken. */
export function usualConfigFiles(env: Environment): readonly string[] {
  return [join(xdg(env, 'XDG_CONFIG_HOME', '.config'), program, 'config.toml'), `/etc/${program}/config.toml`]
}

/** Where the daemon keeps what is its own. */
export interface DataPlaces {
  readonly directory: string
  readonly store: string
  readonly controlSocket: string
  readonly curveKey: string
  readonly receiptKey: string
}

export function dataPlaces(config: Pick<Config, 'data'>, env: Environment): DataPlaces {
  const directory = resolve(config.data.directory ?? join(xdg(env, 'XDG_STATE_HOME', '.local/state'), program))
  return {
    directory,
    store: join(directory, 'store'),
    controlSocket: join(directory, 'control.sock'),
    curveKey: join(directory, 'curve.key'),
    receiptKey: join(directory, 'receipt.key'),
  }
}
