import type { Logger } from '@perun-watcher/core'
import { pino } from 'pino'
import type { Channel } from '../../terminal/output.ts'
import { type LogLevel, logLevels, plainError, plainFields } from './log-entry.ts'
import { prettyLine } from './pretty-line.ts'
import type { Redactor } from './redactor.ts'

export interface DaemonLoggerOptions {
  readonly level: LogLevel
  /** `auto`: pretty on a terminal. */
  readonly format: 'auto' | 'pretty' | 'json'
  readonly channel: Channel
  readonly redactor: Redactor
}

type Write = (...entry: [level: LogLevel, ...Parameters<Logger['error']>]) => void

/** The daemon's log, as JSON lines or as lines for people. Entries are bounded and contain no secrets. */
export function daemonLogger({ level, format, channel, redactor }: DaemonLoggerOptions): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && channel.isLive)
  const write = (line: string): void => channel.write(redactor.clean(line))
  const log = isPretty ? prettyWriter(write, channel.hasColors) : jsonWriter(write)
  const from = logLevels.indexOf(level)
  const at =
    (each: LogLevel): Logger['error'] =>
    (...entry) => {
      if (logLevels.indexOf(each) >= from) log(each, ...entry)
    }
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function prettyWriter(write: (line: string) => void, hasColors: boolean): Write {
  return (level, message, fields = {}, failure = undefined) => {
    const error = failure === undefined ? undefined : plainError(failure)
    write(prettyLine({ level, at: new Date(), message, fields: plainFields(fields), error }, hasColors))
  }
}

function jsonWriter(write: (line: string) => void): Write {
  const log = pino(
    {
      level: 'trace',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    { write },
  )
  return (level, message, fields = {}, failure = undefined) => {
    const plain = plainFields(fields)
    log[level](failure === undefined ? { fields: plain } : { fields: plain, error: plainError(failure) }, message)
  }
}
