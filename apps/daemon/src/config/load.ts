import { existsSync } from 'node:fs'
import type * as z from 'zod'
import type { Environment } from '../terminal/output.ts'
import { type Setting, sectionNames, settingOf } from './catalogue.ts'
import type { Given, Layer } from './layer.ts'
import { configVariable, usualConfigFiles } from './places.ts'
import { ConfigError, type Problem, shown } from './problems.ts'
import { contradictions, missingSettings } from './rules.ts'
import { type Config, configSchema } from './schema.ts'
import { environmentLayer, flagLayer } from './text-layers.ts'

export interface ConfigSources {
  /** The file named by a flag. Default: that of `PERUN_WATCHER_CONFIG`, or the first default path that exists. */
  readonly file?: string | undefined
  readonly env: Environment
  /** The flags of the command line, by setting key. */
  readonly flags: ReadonlyMap<string, string>
}

export interface LoadedConfig {
  readonly config: Config
  /** The file that was read, if any. */
  readonly file: string | undefined
  /** What `run` cannot watch without; empty: the configuration is complete. */
  readonly missing: readonly Problem[]
}

/** Everything that the sources say, valid or not. */
export interface ReadConfig {
  readonly file: string | undefined
  /** In increasing order of precedence. */
  readonly layers: readonly Layer[]
}

/** Reads the sources: flags take precedence over the environment, and that over the file. Files that settings name are not read. */
export async function readConfig({ file, env, flags }: ConfigSources): Promise<ReadConfig> {
  const named = file ?? (env[configVariable] || undefined)
  const found = named ?? usualConfigFiles(env).find((path) => existsSync(path))
  const layers = [...(found === undefined ? [] : [await layerOf(found)]), environmentLayer(env), flagLayer(flags)]
  return { file: found, layers }
}

/** The TOML parser is only loaded if there is a file. */
async function layerOf(file: string): Promise<Layer> {
  const { fileLayer } = await import('./file-layer.ts')
  return await fileLayer(file)
}

/**
 * Reads the configuration and fills in defaults.
 *
 * @throws ConfigError listing every problem.
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { file, layers } = await readConfig(sources)
  const config = mergeLayers(layers)
  return { config, file, missing: missingSettings(config) }
}

/**
 * @param layers in increasing order of precedence.
 * @throws ConfigError listing every problem.
 */
export function mergeLayers(layers: readonly Layer[]): Config {
  const given = new Map(layers.flatMap(({ values }) => [...values]))
  const parsed = configSchema.safeParse(nested(given))
  const problems = [
    ...layers.flatMap((layer) => layer.problems),
    ...(parsed.success ? contradictions(parsed.data) : parsed.error.issues.map((issue) => problemOf(issue, given))),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(onePerKey(problems))
  return parsed.data
}

function nested(given: ReadonlyMap<Setting, Given>): unknown {
  const entries = [...given]
  return Object.fromEntries(
    sectionNames.map((section) => [
      section,
      Object.fromEntries(
        entries.flatMap(([setting, { value }]) => (setting.section === section ? [[setting.name, value]] : [])),
      ),
    ]),
  )
}

function problemOf(issue: z.core.$ZodIssue, given: ReadonlyMap<Setting, Given>): Problem {
  const path = issue.path.map(String)
  const key = path.slice(0, 2).join('.')
  const setting = settingOf(key)
  if (setting === undefined) throw new TypeError(`no setting: ${key}`)
  const { value, origin = 'default' } = given.get(setting) ?? {}
  // In a table, only the schema knows what was expected where.
  const place = setting.form === 'table' && path.length > 2 ? `At ${shown(path.slice(2).join('.'), setting)}: ` : ''
  const detail = place === '' ? `Got ${shown(value, setting)}.` : `${place}${shown(issue.message, setting)}.`
  return { key, what: `${key} must be ${setting.expected}. ${detail}`, remedy: `Correct it (${origin}).` }
}

/** A list with many invalid items is reported once. */
function onePerKey(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return problems.filter(({ key }) => {
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew
  })
}
