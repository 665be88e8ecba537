import { existsSync } from 'node:fs'
import { Option } from '@commander-js/extra-typings'
import type { Environment } from '../terminal/output.ts'
import { configVariable, type DataPlaces, dataDirectory, dataPlaces, envPrefix, usualConfigFiles } from './places.ts'

/*
 * For commands that only need the data directory. The schema of all settings is loaded only if it is needed.
 */

/** The options of such a command, as commander parsed them. */
export interface PlaceOptions {
  readonly config?: string | undefined
  readonly dataDirectory?: string | undefined
}

/** The option that names the file; for every command that needs the configuration. */
export function configOption() {
  return new Option('-c, --config <file>', `configuration file (or ${configVariable})`)
}

/** The flag of the setting `data.directory`. */
export function dataDirectoryOption() {
  const { about, default: fallback } = dataDirectory
  return new Option('--data-directory <directory>', plainWords(`${about} Default: ${fallback}.`))
}

/** Strips Markdown. */
export function plainWords(text: string): string {
  return text.replaceAll('`', '')
}

/**
 * The paths of the daemon's files. If the directory is named, the configuration is not read: these commands must also work
 * while it is being repaired.
 *
 * @throws ConfigError
 */
export async function placesFor(options: PlaceOptions, env: Environment): Promise<DataPlaces> {
  const { config: file, dataDirectory: directory } = options
  if (directory !== undefined) return dataPlaces({ data: { directory } }, env)
  if (file === undefined && isNothingConfigured(env)) return dataPlaces({ data: {} }, env)
  const { loadConfig } = await import('./load.ts')
  const { config } = await loadConfig({ file, env, flags: new Map() })
  return dataPlaces(config, env)
}

/** Then every setting has its default, and there is nothing to validate. */
function isNothingConfigured(env: Environment): boolean {
  return (
    !Object.keys(env).some((name) => name.startsWith(envPrefix)) &&
    !usualConfigFiles(env).some((path) => existsSync(path))
  )
}
