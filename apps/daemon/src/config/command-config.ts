import type { Option } from '@commander-js/extra-typings'
import type { Environment } from '../terminal/output.ts'
import { loadConfig } from './load.ts'
import { flagsOf, settingOptions } from './options.ts'
import { type DataPlaces, dataPlaces } from './places.ts'

/** What commands that only need the data directory take of the configuration, as commander parsed it. */
export interface PlaceOptions {
  readonly config?: string | undefined
  readonly dataDirectory?: string | undefined
}

/** The flag of the data directory, for commands that need nothing else. */
export function dataDirectoryOption(): Option {
  const option = settingOptions().find(({ long }) => long === '--data-directory')
  if (option === undefined) throw new TypeError('no setting: data.directory')
  return option
}

/**
 * Where the daemon keeps what is its own. A directory that was named needs no configuration: these commands must work also
 * while that is being repaired.
 *
 * @throws ConfigError
 */
export async function placesFor(options: PlaceOptions, env: Environment): Promise<DataPlaces> {
  const { config: file, dataDirectory } = options
  if (dataDirectory !== undefined) return dataPlaces({ data: { directory: dataDirectory } }, env)
  const { config } = await loadConfig({ file, env, flags: flagsOf({ ...options }) })
  return dataPlaces(config, env)
}
