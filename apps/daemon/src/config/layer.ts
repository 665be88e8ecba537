import type { Setting } from './catalogue.ts'
import type { Problem } from './problems.ts'

/** One value and where it was given, in words: `file /etc/…`, `environment PERUN_WATCHER_…`, `flag --…`. */
export interface Given {
  readonly value: unknown
  readonly origin: string
}

/** What one source says. */
export interface Layer {
  readonly values: ReadonlyMap<Setting, Given>
  readonly problems: readonly Problem[]
}

/** For errors: names may be as long as somebody likes. */
export const brief = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text)

export function unknownSetting(key: string, origin: string, meant: string | undefined): Problem {
  const remedy =
    meant === undefined ? 'Take it out; docs/configuration.md lists all settings.' : `Did you mean ${meant}?`
  return { key, what: `${key} is no setting (${origin}).`, remedy }
}
