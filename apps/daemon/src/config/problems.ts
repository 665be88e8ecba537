import { WatcherError } from '@perun-watcher/core'
import type { Setting } from './catalogue.ts'

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Of the setting, or what stands in its place. */
  readonly key: string
  /** A sentence: what is wrong, the value where it is no secret, where it comes from. */
  readonly what: string
  readonly remedy: string
}

/** Whoever made more mistakes named the wrong file. */
const mostShown = 50

/** `OPTION_INVALID` with everything that is wrong with the configuration. */
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

/** A value for an error: short, on one line, and no secret. */
export function shown(value: unknown, { secrecy }: Pick<Setting, 'secrecy'>): string {
  if (secrecy === 'secret') return '(not shown)'
  if (secrecy === 'url') return shownUrls(value)
  const text = jsonOf(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

/** A URL with a typing error may still hold a key. */
function shownUrls(value: unknown): string {
  const urls: readonly unknown[] = Array.isArray(value) ? value.slice(0, 5) : [value]
  return urls.map((url) => (typeof url === 'string' && URL.canParse(url) ? cut(url) : '(not shown)')).join(', ')
}

/** Scheme and host: the rest of a URL may be a key. */
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
