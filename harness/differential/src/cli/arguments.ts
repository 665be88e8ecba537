import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'

export interface DifferentialArguments {
  readonly sequences: number
  readonly seed: string
  /** A single sequence instead, by its number. */
  readonly only: number | undefined
  /** Whether Perun's own contracts have to take part. */
  readonly needsReal: boolean
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Makes random calls to the model of the adjudicator, to the devnet's contracts and, where Go can fetch
their bytecode, to Perun's own: all must give the same answers, logs and records.

  pnpm differential [--sequences 1000] [--seed 1] [--only N] [--contract real] [--json]

  --sequences N    how many sequences of calls; default 1000
  --seed S         decides all calls; default 1
  --only N         the sequence of that number alone
  --contract real  ends with 1 where Perun's own contracts are missing, instead of comparing without them
  --json           the numbers alone on standard output, as one line

Ends with 1 if there is a difference.
`

/** @throws UsageError */
export function differentialArguments(args: readonly string[]): DifferentialArguments {
  const line = parseCommandLine(args, { values: ['sequences', 'seed', 'only', 'contract'] })
  return {
    sequences: line.wholeNumber('sequences') ?? 1000,
    seed: line.text('seed') ?? '1',
    only: line.wholeNumber('only', 0),
    needsReal: line.oneOf('contract', ['real']) !== undefined,
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}
