import { catalogue } from './catalogue.ts'
import type { Given } from './layer.ts'
import { type ConfigSources, mergeLayers, readConfig } from './load.ts'
import { ConfigError, type Problem, shown } from './problems.ts'
import { missingSettings } from './rules.ts'

/** The effective value of a setting, without secrets. */
export interface SettingInForce {
  readonly key: string
  /** As it would be written in the file; `undefined` if it is not set and has no default. */
  readonly value: string | undefined
  /** Where it was set; `undefined` for the default. */
  readonly origin: string | undefined
}

export interface Examination {
  /** Whether `run` could watch with it. */
  readonly ok: boolean
  readonly file: string | undefined
  readonly settings: readonly SettingInForce[]
  readonly problems: readonly Problem[]
  /** Required settings that are not set. */
  readonly missing: readonly Problem[]
}

/** Reads the configuration as `run` does, and describes it even if it cannot be used. */
export async function examineConfig(sources: ConfigSources): Promise<Examination> {
  const { file, layers } = await readConfig(sources)
  const given = new Map(layers.flatMap(({ values }) => [...values].map(([{ key }, value]) => [key, value] as const)))
  const settings = catalogue.map((setting) => inForce(setting, given.get(setting.key)))
  try {
    const missing = missingSettings(mergeLayers(layers))
    return { ok: missing.length === 0, file, settings, problems: [], missing }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { ok: false, file, settings, problems: error.problems, missing: [] }
  }
}

function inForce(setting: (typeof catalogue)[number], given: Given | undefined): SettingInForce {
  const { key, default: fallback } = setting
  if (given === undefined) return { key, value: fallback, origin: undefined }
  return { key, value: shown(given.value, setting), origin: given.origin }
}
