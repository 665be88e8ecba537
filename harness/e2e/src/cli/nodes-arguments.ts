import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import type { NodesCase } from '../nodes/case.ts'
import { allCases } from '../nodes/cases/all-cases.ts'
import { type Library, libraries } from '../nodes/library.ts'

export interface NodesArguments {
  readonly libraries: readonly Library[]
  readonly cases: readonly NodesCase[]
  readonly seed: number
  readonly jobs: number | undefined
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Runs the daemon against a real node behind a proxy that gets things wrong, one thing in each case: a channel is
opened, an old state is registered, and the chain says whether the newest one stands when the window closes.

  pnpm nodes [--client both] [--case NAME,NAME] [--seed 1] [--jobs N] [--json]

  --client L   the library that the daemon uses: viem, ethers or both
  --case NAME  only these cases
  --seed S     decides which variant of a kind is played: wordings, delays, limits
  --jobs N     cases that go on at the same time; they mostly wait for blocks
  --json       the numbers alone on standard output, as one line

Cases: ${allCases.map(({ name }) => name).join(', ')}.

Ends with 1 if a channel was lost, if the daemon said that it was ready while it was blind, or if a client was not told.
`

/** @throws UsageError */
export function nodesArguments(args: readonly string[]): NodesArguments {
  const line = parseCommandLine(args, { values: ['client', 'case', 'seed', 'jobs'] })
  const client = line.oneOf('client', [...libraries, 'both']) ?? 'both'
  const names = line.someOf(
    'case',
    allCases.map(({ name }) => name),
  )
  return {
    libraries: client === 'both' ? libraries : [client],
    cases: names === undefined ? allCases : allCases.filter(({ name }) => names.includes(name)),
    seed: line.wholeNumber('seed', 0) ?? 1,
    jobs: line.wholeNumber('jobs'),
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}
