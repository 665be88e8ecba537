import type { LogFields, Logger } from '../../spi/runtime.ts'

type Level = keyof Logger

/**
 * The caller's logger, made harmless: whatever it throws or rejects with is its own business. A report that cannot be made
 * must not end what it was about.
 */
export function guardedLogger(logger: Logger): Logger {
  function report(level: Level, ...details: [message: string, fields?: LogFields, error?: unknown]): void {
    try {
      const answer: unknown = logger[level](...details)
      // Declared to return nothing, but a function that returns a promise fits as well.
      if (answer instanceof Promise) answer.catch(() => {})
    } catch {
      // Nobody is left to be told.
    }
  }

  return {
    trace: (message, fields) => report('trace', message, fields),
    debug: (message, fields) => report('debug', message, fields),
    info: (message, fields) => report('info', message, fields),
    warn: (message, fields, error) => report('warn', message, fields, error),
    error: (message, fields, error) => report('error', message, fields, error),
  }
}
