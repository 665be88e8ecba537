import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Environment } from '../terminal/output.ts'

/** The description of `data.directory`; here so that commands can show it without loading the schema. */
export const dataDirectory = {
  about: 'Where channels and generated keys are stored. Must be on a local disk; created if it does not exist.',
  default: '`$XDG_STATE_HOME/perun-watcher`, or `~/.local/state/perun-watcher`',
} as const

/** The part of the configuration that says where the data directory is. */
interface DataSettings {
  readonly data: { readonly directory?: string | undefined }
}

const program = 'perun-watcher'

/** The prefix of our environment variables. */
export const envPrefix = 'PERUN_WATCHER_'

/** Names the configuration file; see `loadConfig`. */
export const configVariable = `${envPrefix}CONFIG`

/** A folder of the XDG base directory specification: an absolute path in the variable, or the default below home. */
function xdg(env: Environment, variable: string, usual: string): string {
  const given = env[variable]
  return given?.startsWith('/') ? given : join(env['HOME'] ?? homedir(), usual)
}

/** Default paths of the configuration file; the first that exists is used. */
export function usualConfigFiles(env: Environment): readonly string[] {
  return [join(xdg(env, 'XDG_CONFIG_HOME', '.config'), program, 'config.toml'), `/etc/${program}/config.toml`]
}

/** The paths of the daemon's files. */
export interface DataPlaces {
  readonly directory: string
  readonly store: string
  readonly controlSocket: string
  readonly curveKey: string
  readonly tlsKey: string
  readonly receiptKey: string
}

export function dataPlaces(config: DataSettings, env: Environment): DataPlaces {
  const directory = resolve(config.data.directory ?? join(xdg(env, 'XDG_STATE_HOME', '.local/state'), program))
  return {
    directory,
    store: join(directory, 'store'),
    controlSocket: join(directory, 'control.sock'),
    curveKey: join(directory, 'curve.key'),
    tlsKey: join(directory, 'tls.pem'),
    receiptKey: join(directory, 'receipt.key'),
  }
}
