import pc from 'picocolors'
import type { LogLevel, PlainError, PlainFields } from './log-entry.ts'

export interface PrettyEntry {
  readonly level: LogLevel
  readonly at: Date
  readonly message: string
  readonly fields: PlainFields
  readonly error: PlainError | undefined
}

const paint = { trace: 'dim', debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const

/** Text from outside must not control the terminal. */
const controls = /[\p{Cc}\p{Cf}]/gu

function safe(text: string): string {
  return text.replaceAll(controls, (character) => (character === '\n' ? '\n    ' : '�'))
}

/** A line for people; an error gets lines of its own. */
export function prettyLine({ level, at, message, fields, error }: PrettyEntry, hasColors: boolean): string {
  const colors = pc.createColors(hasColors)
  const time = colors.dim(at.toISOString().slice(11, 23))
  const values = Object.entries(fields).map(([name, value]) => `${colors.dim(`${name}=`)}${safe(String(value))}`)
  const head = [time, colors[paint[level]](level.toUpperCase().padEnd(5)), message, ...values].join(' ')
  return `${head}\n${error === undefined ? '' : errorLines(error)}`
}

function errorLines({ name, code, message, remedy, stack, cause }: PlainError): string {
  const advice = remedy === undefined ? '' : `\nWhat to do: ${remedy}`
  const head = stack ?? `${name}${code === undefined ? '' : ` ${code}`}: ${message}${advice}`
  return `    ${safe(head)}\n${cause === undefined ? '' : `    caused by\n${errorLines(cause)}`}`
}
