import { parseCommandLine, UsageError } from '@perun-watcher/harness-kit/command-line'
import { packageNames } from './packages.ts'

export interface SampleArguments {
  /** As they were typed, for the report. */
  readonly name: string
  readonly packages: readonly string[]
  readonly seed: number
  readonly count: number
  readonly only: number | undefined
  readonly jobs: number
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Changes one point of a package at random, runs its tests, and lists the changes that no test noticed.

  pnpm mutants --package NAME[,NAME…] [--seed 1] [--count 20] [--only N] [--jobs 2] [--json]

  --package L  folders of packages/ and apps/, or all
  --seed S     decides what is drawn: the same of the same sources; default 1
  --count N    how many mutations; default 20
  --only N     the Nth of them alone
  --jobs J     how many at the same time; default 2
  --json       the result alone on standard output, as one line

Ends with 1 if a mutant survives. Whether that matters is for a person to judge.
`

/** @throws UsageError */
export function sampleArguments(args: readonly string[], root: string): SampleArguments {
  const line = parseCommandLine(args, { values: ['package', 'seed', 'count', 'only', 'jobs'] })
  const known = packageNames(root)
  const named = line.someOf('package', ['all', ...known]) ?? []
  const isHelp = line.has('help')
  if (named.length === 0 && !isHelp) throw new UsageError(`Say which package.\n\n${help}`)
  return {
    name: named.join(','),
    // In the order of the folders, however they were named: the same packages make the same draw.
    packages: known.filter((name) => named.includes('all') || named.includes(name)),
    seed: line.wholeNumber('seed', 0) ?? 1,
    count: line.wholeNumber('count') ?? 20,
    only: line.wholeNumber('only'),
    jobs: line.wholeNumber('jobs') ?? 2,
    isJson: line.has('json'),
    isHelp,
  }
}
