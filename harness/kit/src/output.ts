/** A result: standard output, which a program may read. */
export function out(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Progress and complaints: standard error, which people read. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** The numbers of a run: one line of JSON, or a line for each. */
export function outSummary(summary: Readonly<Record<string, unknown>>, isJson: boolean): void {
  if (isJson) {
    out(JSON.stringify(summary))
    return
  }
  const width = Math.max(...Object.keys(summary).map((name) => name.length)) + 2
  for (const [name, value] of Object.entries(summary)) out(`${name.padEnd(width)}${JSON.stringify(value)}`)
}

/** Calls `report` at intervals until it is disposed of. */
export function reportEvery(milliseconds: number, report: () => void): Disposable {
  const timer = setInterval(report, milliseconds)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
