import type { Setting } from './catalogue.ts'
import type { Problem } from './problems.ts'

/** A value and where it comes from: `file /etc/…`, `environment PERUN_WATCHER_…`, `flag --…`. */
export interface Given {
  readonly value: unknown
  readonly origin: string
}

/** The settings of one source. */
export interface Layer {
  readonly values: ReadonlyMap<Setting, Given>
  readonly problems: readonly Problem[]
}

/** Names in errors are cut: their length is up to whoever wrote the configuration. */
export const brief = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

export function unknownSetting(key: string, origin: string, meant: string | undefined): Problem {
  const remedy = meant === undefined ? 'Remove it; docs/configuration.md lists all settings.' : `Did you mean ${meant}?`
  return { key, what: `${key} is not a setting (${origin}).`, remedy }
}
