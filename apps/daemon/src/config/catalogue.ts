import type * as z from 'zod'
import { envPrefix } from './places.ts'
import { sections } from './schema.ts'
import { type SettingAbout, settingAbout } from './setting.ts'

/** A setting with its name in every source. */
export interface Setting extends SettingAbout {
  /** The name used in errors and in the file: `chain.poll_interval`. */
  readonly key: string
  readonly section: string
  /** Within its section. */
  readonly name: string
  /** `undefined` if it can only be set in the file. */
  readonly env: string | undefined
  /** With its dashes; `undefined` if it cannot or must not be given on a command line. */
  readonly flag: string | undefined
}

function named(section: string, name: string, about: SettingAbout): Setting {
  const isTable = about.form === 'table'
  return {
    ...about,
    key: `${section}.${name}`,
    section,
    name,
    env: isTable ? undefined : `${envPrefix}${section}_${name}`.toUpperCase(),
    flag: isTable || about.secrecy === 'secret' ? undefined : `--${section}-${name}`.replaceAll('_', '-'),
  }
}

/** Every setting, in the order of the reference page. */
export const catalogue: readonly Setting[] = Object.entries(sections).flatMap(
  ([section, settings]: readonly [string, Readonly<Record<string, z.ZodType>>]) =>
    Object.entries(settings).map(([name, schema]) => named(section, name, settingAbout(schema))),
)

const byKey = new Map(catalogue.map((setting) => [setting.key, setting]))

export function settingOf(key: string): Setting | undefined {
  return byKey.get(key)
}

export const sectionNames: readonly string[] = Object.keys(sections)
