/** Every asynchronous call takes a signal; an aborted call rejects with the signal's reason. */
export interface AbortOptions {
  readonly signal?: AbortSignal | undefined
}

/** Time from outside, so that a simulation can drive it. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, options?: AbortOptions): Promise<void>
}

/** Chance from outside. A number from 0 (included) to 1 (excluded). */
export type Random = () => number

export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>

/** Where the libraries report to. Messages are constant sentences; what varies goes into the fields. */
export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields, error?: unknown): void
  error(message: string, fields?: LogFields, error?: unknown): void
}
