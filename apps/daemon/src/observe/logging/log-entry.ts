import { isWatcherError, type LogFields } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const

export type LogLevel = (typeof logLevels)[number]

/** Fields in the form that both formats write. */
export type PlainFields = Readonly<Record<string, string | number | boolean>>

export interface PlainError {
  readonly name: string
  readonly code?: string
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
  /** Only for errors that do not explain themselves, that is, any but a `WatcherError`. */
  readonly stack?: string
  readonly cause?: PlainError
}

/** In characters: text from clients and nodes may be arbitrarily long. */
const longestText = 500
const longestStack = 4000
const deepestCause = 3

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

export function plainFields(fields: LogFields): PlainFields {
  const plain: [name: string, value: PlainFields[string]][] = []
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'number' || typeof value === 'boolean') plain.push([name, value])
    else if (value !== undefined) plain.push([name, cut(String(value), longestText)])
  }
  return Object.fromEntries(plain)
}

export function plainError(value: unknown, depth = 0): PlainError {
  const error = toError(value)
  const explains = isWatcherError(error)
  return {
    name: error.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    message: cut(explains ? [error.shortMessage, ...error.details].join(' ') : error.message, longestText),
    ...(explains ? { remedy: error.remedy } : {}),
    ...(explains || error.stack === undefined ? {} : { stack: cut(error.stack, longestStack) }),
    ...(error.cause === undefined || depth >= deepestCause ? {} : { cause: plainError(error.cause, depth + 1) }),
  }
}
