import { WatcherError } from '@perun-watcher/core'
import type { Setting } from './catalogue.ts'

/** A problem with the configuration. */
export interface Problem {
  /** Of the setting, or what was written in its place. */
  readonly key: string
  /** A sentence: what is wrong, the value unless it is secret, and where it comes from. */
  readonly what: string
  readonly remedy: string
}

/** With more problems than these, it is probably the wrong file. */
const mostShown = 50

/** `OPTION_INVALID`, listing every problem with the configuration. */
export class ConfigError extends WatcherError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const lines = problems.slice(0, mostShown).map(({ what, remedy }) => `${what} ${remedy}`)
    const hidden = problems.length - lines.length
    super('OPTION_INVALID', 'The configuration cannot be used.', {
      details: [...lines, ...(hidden > 0 ? [`And ${hidden} more like these.`] : [])],
    })
    this.problems = problems
  }
}

const longestShown = 80

/** A value for an error message: short, on one line, and without secrets. */
export function shown(value: unknown, { secrecy }: Pick<Setting, 'secrecy'>): string {
  if (secrecy === 'secret') return '(not shown)'
  if (secrecy === 'url') return shownUrls(value)
  const text = jsonOf(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

/** Even a misspelt URL may contain a key. */
function shownUrls(value: unknown): string {
  const urls: readonly unknown[] = Array.isArray(value) ? value.slice(0, 5) : [value]
  return urls.map((url) => (typeof url === 'string' && URL.canParse(url) ? cut(url) : '(not shown)')).join(', ')
}

/** Scheme and host only: the rest of a URL may contain a key. */
function cut(url: string): string {
  const { protocol, host } = new URL(url)
  return /^(?:https?|wss?):$/.test(protocol) ? `${protocol}//${host}/…` : '(not shown)'
}

function jsonOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  try {
    return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)) ?? typeof value
  } catch {
    return typeof value
  }
}
