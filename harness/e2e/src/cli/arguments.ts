import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'

export interface HostileArguments {
  readonly seconds: number
  readonly seed: number
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Attacks a daemon in every way we know while honest clients use it: fuzz of every layer, floods, replays, stolen names.

  pnpm hostile [--seconds 60] [--seed 1] [--json]

  --seconds N  how long, at least
  --seed S     decides what each round of each attack sends
  --json       the numbers alone on standard output, as one line

Ends with 1 if a promise was broken.
`

/** @throws UsageError */
export function hostileArguments(args: readonly string[]): HostileArguments {
  const line = parseCommandLine(args, { values: ['seconds', 'seed'] })
  return {
    seconds: line.wholeNumber('seconds', 0) ?? 60,
    seed: line.wholeNumber('seed', 0) ?? 1,
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}
