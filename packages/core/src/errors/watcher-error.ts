import { type ErrorCode, errorCodes } from './codes.ts'

const watcherErrorMark = Symbol.for('@perun-watcher/WatcherError')

export interface WatcherErrorOptions {
  /** What went wrong, where and with which value; one line each. */
  readonly details?: readonly string[]
  readonly cause?: unknown
  /** For an error that another process reports: it may know better than the code. Default: what the code says. */
  readonly retryable?: boolean | undefined
  /** Milliseconds before which the same call cannot succeed. */
  readonly retryAfterMs?: number | undefined
}

/**
 * The only error that the watcher throws by itself. Compare `code`, not the class: two copies of this package have two
 * classes.
 */
export class WatcherError extends Error {
  override readonly name = 'WatcherError'
  readonly code: ErrorCode
  /** The same call may succeed later. */
  readonly retryable: boolean
  /** Where known: milliseconds before which the same call cannot succeed. */
  readonly retryAfterMs: number | undefined
  readonly remedy: string
  readonly shortMessage: string
  readonly details: readonly string[]
  readonly [watcherErrorMark] = true

  constructor(code: ErrorCode, shortMessage: string, options: WatcherErrorOptions = {}) {
    const { retryable, remedy } = errorCodes[code]
    const details = options.details ?? []
    const lines = [shortMessage, ...details.map((line) => `  ${line}`), `What to do: ${remedy}`, `Code: ${code}`]
    super(lines.join('\n'), options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? retryable
    this.retryAfterMs = options.retryAfterMs
    this.remedy = remedy
    this.shortMessage = shortMessage
    this.details = details
  }
}

/** Whether a value is a {@link WatcherError}, also one of another copy of this package. */
export function isWatcherError(value: unknown): value is WatcherError {
  return typeof value === 'object' && value !== null && watcherErrorMark in value
}

/** Whether a value is a {@link WatcherError} with this code. */
export function hasCode(value: unknown, code: ErrorCode): value is WatcherError {
  return isWatcherError(value) && value.code === code
}

/** Any thrown value as an `Error`. */
export function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value), { cause: value })
}

/** Ends a `switch` over a union: the compiler proves that it is never reached. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${String(value)}`)
}
