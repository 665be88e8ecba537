import { catalogue } from './catalogue.ts'
import type { Given } from './layer.ts'
import { type ConfigSources, mergeLayers, readConfig } from './load.ts'
import { ConfigError, type Problem, shown } from './problems.ts'
import { missingSettings } from './rules.ts'

/** A setting as it is in force, without secrets. */
export interface SettingInForce {
  readonly key: string
  /** As one would write it; `undefined`: not set, and without a default. */
  readonly value: string | undefined
  /** Who said so; `undefined`: nobody, it is the default. */
  readonly origin: string | undefined
}

export interface Examination {
  /** Whether `run` could watch with it. */
  readonly ok: boolean
  readonly file: string | undefined
  readonly settings: readonly SettingInForce[]
  readonly problems: readonly Problem[]
  /** What must be set and is not. */
  readonly missing: readonly Problem[]
}

/** Reads the configuration as `run` does, and tells all about it, also where it cannot be used. */
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
