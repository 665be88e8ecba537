import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isOmission, type Omission, omissions, type RunOptions } from '../run/options.ts'

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
  pnpm simulate --replay SEED [--families N] [--active MINUTES] [--without a,b]

  --seeds N      how many seeds; default 2000, without end if --minutes is given
  --from S       the first seed; default 1
  --minutes M    stop after M minutes
  --jobs J       threads; default one per core
  --json         the numbers alone on standard output, as one line
  --replay SEED  one seed, with its whole trace
  --families N   at most N families in a run; default 3
  --active M     publish and cheat for M simulated minutes; default 30
  --without L    things that shall not happen: ${omissions.join(', ')}

Ends with 1 if a promise was broken, or a rule or a fault of the declared list was never met.
`

function wholeNumber(text: string | undefined, name: string, least = 1): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} must be a whole number from ${least} on.`)
  return number
}

function omissionsOf(text: string | undefined): readonly Omission[] {
  const names = text?.split(',').filter((name) => name !== '') ?? []
  return names.map((name) => {
    if (!isOmission(name)) throw new Error(`--without knows no ${name}; it knows ${omissions.join(', ')}.`)
    return name
  })
}

/** @throws Error with a sentence for people. */
export function simulateArguments(args: readonly string[]): SimulateArguments {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    // pnpm hands on the `--` that separates a script's arguments.
    args: args.filter((each) => each !== '--'),
    options: {
      seeds: text,
      from: text,
      minutes: text,
      jobs: text,
      replay: text,
      families: text,
      active: text,
      without: text,
      json: flag,
      help: flag,
    },
  })
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
  if (minutes !== undefined && !(minutes > 0)) throw new Error('--minutes must be a number above 0.')
  const endless = minutes === undefined ? 2000 : Number.POSITIVE_INFINITY
  return {
    seeds: wholeNumber(values.seeds, 'seeds') ?? endless,
    from: wholeNumber(values.from, 'from', 0) ?? 1,
    minutes,
    jobs: wholeNumber(values.jobs, 'jobs') ?? availableParallelism(),
    isJson: values.json,
    isHelp: values.help,
    replay: wholeNumber(values.replay, 'replay', 0),
    options: {
      families: wholeNumber(values.families, 'families'),
      minutes: wholeNumber(values.active, 'active'),
      without: omissionsOf(values.without),
    },
  }
}

/** The command that repeats a run exactly. */
export function replayCommand(seed: number, { families, minutes, without = [] }: RunOptions): string {
  const parts = [
    `pnpm simulate --replay ${seed}`,
    ...(families === undefined ? [] : [`--families ${families}`]),
    ...(minutes === undefined ? [] : [`--active ${minutes}`]),
    ...(without.length === 0 ? [] : [`--without ${without.join(',')}`]),
  ]
  return parts.join(' ')
}
