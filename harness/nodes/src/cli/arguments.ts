import { availableParallelism } from 'node:os'
import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import type { RunOptions } from '../run/run-seed.ts'
import { tempoNames } from '../run/tempo.ts'
import { themes } from '../run/themes.ts'

export interface NodesArguments {
  readonly seeds: number
  readonly from: number
  readonly jobs: number
  /** What was never met does not count. */
  readonly isPartial: boolean
  readonly isJson: boolean
  readonly isHelp: boolean
  readonly replay: number | undefined
  /** For every run. */
  readonly options: RunOptions
}

export const help = `Runs the whole chain backend with the engine among simulated nodes, each life decided by its seed.

  pnpm simulate --world nodes [--seeds 1000] [--from 1] [--jobs J] [--partial] [--json]
  pnpm simulate --world nodes --replay SEED [--theme T] [--tempo T] [--pure]

  --seeds N      how many seeds; default 1000
  --from S       the first seed; default 1
  --jobs J       threads; default one per core
  --partial      what was never met does not count: for so few seeds that they cannot meet everything
  --json         the numbers alone on standard output, as one line
  --replay SEED  one seed, with its whole trace
  --theme T      what certainly goes wrong, instead of what the seed says; one of
                 ${themes.join(', ')}
  --tempo T      the kind of chain: ${tempoNames.join(', ')}
  --pure         nothing else goes wrong

Ends with 1 if a promise was broken, or a fault of the declared list was never met.
`

/** @throws UsageError */
export function nodesArguments(args: readonly string[]): NodesArguments {
  const line = parseCommandLine(args, {
    values: ['seeds', 'from', 'jobs', 'replay', 'theme', 'tempo'],
    flags: ['pure', 'partial'],
  })
  return {
    seeds: line.wholeNumber('seeds') ?? 1_000,
    from: line.wholeNumber('from', 0) ?? 1,
    jobs: line.wholeNumber('jobs') ?? availableParallelism(),
    isPartial: line.has('partial'),
    isJson: line.has('json'),
    isHelp: line.has('help'),
    replay: line.wholeNumber('replay', 0),
    options: {
      theme: line.oneOf('theme', themes),
      tempo: line.oneOf('tempo', tempoNames),
      isPure: line.has('pure') ? true : undefined,
    },
  }
}

/** The command that repeats a run exactly. */
export function replayCommand(seed: number, { theme, tempo, isPure }: RunOptions): string {
  const parts = [
    `pnpm simulate --world nodes --replay ${seed}`,
    ...(theme === undefined ? [] : [`--theme ${theme}`]),
    ...(tempo === undefined ? [] : [`--tempo ${tempo}`]),
    ...(isPure === true ? ['--pure'] : []),
  ]
  return parts.join(' ')
}
