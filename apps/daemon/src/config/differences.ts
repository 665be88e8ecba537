import { isDeepStrictEqual } from 'node:util'
import { catalogue } from './catalogue.ts'
import type { Config } from './schema.ts'

/** Keys of the settings that differ. Files that settings name are not compared. */
export function differences(one: Config, other: Config): readonly string[] {
  return catalogue.flatMap(({ key, section, name }) =>
    isDeepStrictEqual(settingIn(one, section, name), settingIn(other, section, name)) ? [] : [key],
  )
}

function settingIn(config: Config, section: string, name: string): unknown {
  return Reflect.get(Object(Reflect.get(config, section)), name)
}
