import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Environment } from '../terminal/output.ts'

/** What is said about the setting `data.directory`, here so that commands can say it without loading all settings. */
export const dataDirectory = {
  about: 'Where channels and generated keys are kept. On a local disk; made where there is none.',
  default: '`$XDG_STATE_HOME/perun-watcher`, or `~/.local/state/perun-watcher`',
} as const

/** As far as it says where that is. */
interface DataSettings {
  readonly data: { readonly directory?: string | undefined }
}

const program = 'perun-watcher'

/** What the name of every environment variable of ours begins with. */
export const envPrefix = 'PERUN_WATCHER_'

/** Names the configuration file; see `loadConfig`. */
export const configVariable = `${envPrefix}CONFIG`

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

export function dataPlaces(config: DataSettings, env: Environment): DataPlaces {
  const directory = resolve(config.data.directory ?? join(xdg(env, 'XDG_STATE_HOME', '.local/state'), program))
  return {
    directory,
    store: join(directory, 'store'),
    controlSocket: join(directory, 'control.sock'),
    curveKey: join(directory, 'curve.key'),
    receiptKey: join(directory, 'receipt.key'),
  }
}
