import { mkdirSync, writeFileSync } from 'node:fs'
import { isWatcherError } from '@perun-watcher/core'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { dataDirectoryOption, type PlaceOptions, placesFor } from '../../src/config/place-options.ts'
import { dataPlaces } from '../../src/config/places.ts'
import { settingOptions } from '../../src/config/setting-options.ts'
import type { Environment } from '../../src/terminal/output.ts'
import { temporaryFolder } from '../support/run-main.ts'

test('the flag of the data directory is that of the setting, with the same words', () => {
  const { flags, description } = dataDirectoryOption()
  const setting = settingOptions().find(({ long }) => long === '--data-directory')
  expect({ flags, description }).toEqual({ flags: setting?.flags, description: setting?.description })
})

test('commands look where run looks, whatever says so', async () => {
  using folder = temporaryFolder()
  const named = folder.in('named.toml')
  writeFileSync(named, '[data]\ndirectory = "/from/file"\n')
  mkdirSync(folder.in('perun-watcher'))
  const usual = folder.in('perun-watcher/config.toml')
  const home = { HOME: '/nobody' }
  const ask = async (options: PlaceOptions, env: Environment) => {
    const { directory } = await placesFor(options, env)
    const { config } = await loadConfig({ file: options.config, env, flags: new Map() })
    if (options.dataDirectory === undefined) expect(directory).toBe(dataPlaces(config, env).directory)
    return directory
  }
  expect(await ask({}, home)).toBe('/nobody/.local/state/perun-watcher')
  expect(await ask({}, { ...home, XDG_CONFIG_HOME: folder.path })).toBe('/nobody/.local/state/perun-watcher')
  expect(await ask({}, { ...home, PERUN_WATCHER_CONFIG: named })).toBe('/from/file')
  expect(await ask({}, { ...home, PERUN_WATCHER_DATA_DIRECTORY: '/from/env' })).toBe('/from/env')
  expect(await ask({ config: named }, home)).toBe('/from/file')
  expect(await ask({ config: named, dataDirectory: '/from/flag' }, home)).toBe('/from/flag')
  writeFileSync(usual, '[data]\ndirectory = "/from/usual"\n')
  expect(await ask({}, { ...home, XDG_CONFIG_HOME: folder.path })).toBe('/from/usual')
})

test('a mistake in the configuration is refused, and a named directory needs none', async () => {
  using folder = temporaryFolder()
  const config = folder.in('config.toml')
  writeFileSync(config, '[data]\ndirektory = "/x"\n')
  const error: unknown = await placesFor({ config }, {}).catch((thrown: unknown) => thrown)
  expect(isWatcherError(error) && error.message).toContain('Did you mean data.directory?')
  expect((await placesFor({ config, dataDirectory: '/x' }, {})).directory).toBe('/x')
  await expect(placesFor({}, { HOME: folder.path, PERUN_WATCHER_NONSENSE: '1' })).rejects.toThrow('is not a setting')
})
