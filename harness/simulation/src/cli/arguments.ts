import { availableParallelism } from 'node:os'
import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import { omissions, type RunOptions } from '../run/options.ts'
import { tempoNames } from '../world/tempo.ts'

export interface SimulateArguments {
  readonly seeds: number
  readonly from: number
  /** Stop after so many minutes, however many seeds were run. */
  readonly minutes: number | undefined
  readonly jobs: number
  readonly isJson: boolean
  readonly isHelp: boolean
  readonly replay: number | undefined
  /** For every run. */
  readonly options: RunOptions
}

export const help = `Runs whole lives of the watcher in a simulated world, each decided by its seed.

  pnpm simulate [--seeds 2000] [--from 1] [--minutes M] [--jobs J] [--json]
  pnpm simulate --replay SEED [--families N] [--active MINUTES] [--tempo T] [--without a,b]

  --seeds N      how many seeds; default 2000, without end if --minutes is given
  --from S       the first seed; default 1
  --minutes M    stop after M minutes
  --jobs J       threads; default one per core
  --json         the numbers alone on standard output, as one line
  --replay SEED  one seed, with its whole trace
  --families N   at most N families in a run; default 3
  --active M     publish and cheat for M simulated minutes; default 30
  --tempo T      the kind of chain: ${tempoNames.join(', ')}
  --without L    things that shall not happen: ${omissions.join(', ')}

Ends with 1 if a promise was broken, or a rule or a fault of the declared list was never met.
`

/** @throws UsageError */
export function simulateArguments(args: readonly string[]): SimulateArguments {
  const line = parseCommandLine(args, {
    values: ['seeds', 'from', 'minutes', 'jobs', 'replay', 'families', 'active', 'tempo', 'without'],
  })
  const minutes = line.positiveNumber('minutes')
  const [tempo] = line.someOf('tempo', tempoNames) ?? []
  const endless = minutes === undefined ? 2000 : Number.POSITIVE_INFINITY
  return {
    seeds: line.wholeNumber('seeds') ?? endless,
    from: line.wholeNumber('from', 0) ?? 1,
    minutes,
    jobs: line.wholeNumber('jobs') ?? availableParallelism(),
    isJson: line.has('json'),
    isHelp: line.has('help'),
    replay: line.wholeNumber('replay', 0),
    options: {
      families: line.wholeNumber('families'),
      minutes: line.wholeNumber('active'),
      ...(tempo === undefined ? {} : { tempo }),
      without: line.someOf('without', omissions) ?? [],
    },
  }
}

/** The command that repeats a run exactly. */
export function replayCommand(seed: number, { families, minutes, tempo, without = [] }: RunOptions): string {
  const parts = [
    `pnpm simulate --replay ${seed}`,
    ...(families === undefined ? [] : [`--families ${families}`]),
    ...(minutes === undefined ? [] : [`--active ${minutes}`]),
    ...(tempo === undefined ? [] : [`--tempo '${tempo}'`]),
    ...(without.length === 0 ? [] : [`--without ${without.join(',')}`]),
  ]
  return parts.join(' ')
}
