import { Option } from '@commander-js/extra-typings'
import { catalogue } from './catalogue.ts'
import { plainWords } from './place-options.ts'

/** A flag for every setting that may be given on the command line; {@link flagsOf} reads them. */
export function settingOptions(): readonly Option[] {
  return catalogue.flatMap(({ flag, name, about, default: fallback }) => {
    if (flag === undefined) return []
    const words = plainWords(fallback === undefined ? about : `${about} Default: ${fallback}.`)
    return [new Option(`${flag} <${name.replaceAll('_', '-')}>`, words)]
  })
}

/** The values of the flags that were given, by setting key. @param options as commander parsed them. */
export function flagsOf(options: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  return new Map(
    catalogue.flatMap(({ key, flag }) => {
      const value = flag === undefined ? undefined : options[new Option(`${flag} <value>`).attributeName()]
      return typeof value === 'string' ? [[key, value] as const] : []
    }),
  )
}
