import type { Clock, LogFields, Logger } from '@perun-watcher/core'

const linesPerPeriod = 100
const periodMs = 60_000

type Level = 'debug' | 'warn' | 'error'

/**
 * A log for what clients cause, limited to 100 lines a minute whatever they do; the next line that is written says how many
 * were left out. Alarms about stale stores do not go through it, so these lines never crowd them out.
 */
export interface ClientLog {
  write(level: Level, message: string, fields: LogFields, error?: unknown): void
}

export function clientLog(logger: Logger, clock: Clock): ClientLog {
  let periodStart = clock.now()
  let lines = 0
  let leftOut = 0

  function isAllowed(): boolean {
    if (clock.now() - periodStart >= periodMs) {
      periodStart = clock.now()
      lines = 0
    }
    lines += 1
    return lines <= linesPerPeriod
  }

  return {
    write(level, message, fields, error) {
      if (!isAllowed()) {
        leftOut += 1
        return
      }
      const all = leftOut === 0 ? fields : { ...fields, leftOut }
      leftOut = 0
      if (level === 'debug') logger.debug(message, all)
      else logger[level](message, all, error)
    },
  }
}
