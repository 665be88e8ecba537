/** Where a command writes. The only way to the terminal: commands never touch `process`. */
export interface Output {
  /** The result of the command, on standard output. */
  readonly out: Channel
  /** Progress and errors, on standard error. */
  readonly err: Channel
}

/** A text stream and its capabilities. */
export interface Channel {
  write(text: string): void
  /** Whether a person may be looking: a terminal that can move its cursor. */
  readonly isLive: boolean
  readonly hasColors: boolean
  readonly hasUnicode: boolean
  /** Current size of the terminal; 80 by 24 if there is none. */
  readonly columns: () => number
  readonly rows: () => number
}

export type Environment = Readonly<Record<string, string | undefined>>

function channel(stream: NodeJS.WriteStream, env: Environment): Channel {
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb'
  return {
    write: (text) => {
      stream.write(text)
    },
    // In CI the log may be read later, but nobody is watching.
    isLive: isTerminal && isEmpty(env['CI']),
    // https://no-color.org and its counterpart FORCE_COLOR.
    hasColors: isEmpty(env['NO_COLOR']) && (isTerminal || !isEmpty(env['FORCE_COLOR'])),
    hasUnicode: speaksUnicode(env),
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
  }
}

function isEmpty(value: string | undefined): boolean {
  return value === undefined || value === ''
}

function speaksUnicode(env: Environment): boolean {
  if (process.platform === 'win32') return !isEmpty(env['WT_SESSION']) || !isEmpty(env['TERM'])
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => !isEmpty(value))
  // Without a locale, as in most containers, assume UTF-8.
  return locale === undefined || /utf-?8/i.test(locale)
}

/** The streams of this process. */
export function processOutput(env: Environment): Output {
  return { out: channel(process.stdout, env), err: channel(process.stderr, env) }
}

/** A value as one line of JSON. Amounts, times and versions may exceed JSON numbers, so they become decimal strings. */
export function jsonLine(value: object): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field))
}
