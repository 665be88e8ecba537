import { parseCommandLine, UsageError } from '@perun-watcher/harness-kit/command-line'

const scenarioNames = ['oneAccount', 'eightAccounts', 'eightAccountsSlowBlocks'] as const
export type MassScenario = (typeof scenarioNames)[number]

const benchmarks = ['store', 'scale', 'remote', 'sweep', 'blocks', 'mass'] as const
export type Benchmark = (typeof benchmarks)[number]

export interface BenchArguments {
  readonly benchmark: Benchmark | undefined
  readonly isJson: boolean
  readonly profileFolder: string | undefined
  readonly store: { readonly channels: number; readonly versions: number; readonly rounds: number }
  readonly scale: {
    readonly channels: readonly number[]
    readonly blocks: number
    readonly active: number
    readonly versions: number
  }
  readonly remote: {
    readonly connections: number
    readonly channels: number
    readonly versions: number
    readonly rounds: number
    readonly idle: number
  }
  readonly sweep: { readonly channels: number }
  readonly blocks: {
    readonly channels: number
    readonly blocks: number
    readonly disputes: number
    readonly active: number
    readonly versions: number
  }
  readonly mass: {
    readonly channels: number
    readonly clients: number
    readonly scenarios: readonly MassScenario[]
  }
}

export const help = `Measures the watcher. The last line is JSON; progress goes to standard error.

  pnpm bench store [--in-flight 512] [--versions 10] [--rounds 5] [--json]
  pnpm bench scale [--channels 10000,100000,1000000] [--blocks 2000] [--in-flight 256] [--versions 10] [--json]
  pnpm bench remote [--connections 64] [--in-flight 512] [--versions 30] [--rounds 9] [--idle 1000] [--json]
  pnpm bench sweep [--channels 1000000] [--json]
  pnpm bench blocks [--channels 1000000] [--blocks 500] [--disputes 100] [--json]
  pnpm bench mass [--channels 1000] [--clients 200] [--scenario S] [--json]

  --in-flight N  channels with one publish in flight each
  --versions V   publishes per channel, in store and remote per round
  --rounds R     how often everything is measured; the figures are medians
  --channels L   how many channels are watched
  --blocks B     blocks without an event of ours
  --disputes D   old states that are answered one by one
  --connections C  clients, each with a share of the channels
  --clients C    clients, each with a share of the channels
  --scenario S   one of ${scenarioNames.join(', ')}; default all of them
  --idle I       clients that do nothing, whose memory is measured
  --json         the JSON line alone on standard output
  --profile DIR  a CPU profile of each process
`

/** @throws UsageError */
export function benchArguments(args: readonly string[]): BenchArguments {
  const line = parseCommandLine(args, {
    values: [
      'channels',
      'blocks',
      'disputes',
      'in-flight',
      'versions',
      'rounds',
      'connections',
      'idle',
      'clients',
      'scenario',
      'profile',
    ],
    takesPositionals: true,
  })
  const isHelp = line.has('help')
  const benchmark = benchmarks.find((name) => name === line.positionals[0])
  if (!isHelp && benchmark === undefined) throw new UsageError(`Say which benchmark.\n\n${help}`)
  const inFlight = line.wholeNumber('in-flight')
  const versions = line.wholeNumber('versions', 2)
  const rounds = line.wholeNumber('rounds')
  const number = (name: Parameters<typeof line.wholeNumber>[0], otherwise: number): number =>
    line.wholeNumber(name) ?? otherwise
  return {
    benchmark: isHelp ? undefined : benchmark,
    isJson: line.has('json'),
    profileFolder: line.text('profile'),
    store: { channels: inFlight ?? 512, versions: versions ?? 10, rounds: rounds ?? 5 },
    scale: {
      channels: line.wholeNumbers('channels') ?? [10_000, 100_000, 1_000_000],
      blocks: number('blocks', 2_000),
      active: inFlight ?? 256,
      versions: versions ?? 10,
    },
    remote: {
      connections: number('connections', 64),
      channels: inFlight ?? 512,
      versions: versions ?? 30,
      rounds: rounds ?? 9,
      idle: number('idle', 1_000),
    },
    sweep: { channels: firstOf(line.wholeNumbers('channels'), 1_000_000) },
    blocks: {
      channels: firstOf(line.wholeNumbers('channels'), 1_000_000),
      blocks: number('blocks', 500),
      disputes: number('disputes', 100),
      active: inFlight ?? 16,
      versions: versions ?? 2,
    },
    mass: {
      channels: firstOf(line.wholeNumbers('channels'), 1_000),
      clients: firstOf(line.wholeNumbers('clients'), 200),
      scenarios: scenariosOf(line.text('scenario')),
    },
  }
}

const firstOf = ([first]: readonly number[] = [], otherwise: number): number => first ?? otherwise

function scenariosOf(text: string | undefined): readonly MassScenario[] {
  if (text === undefined) return scenarioNames
  const scenario = scenarioNames.find((name) => name === text)
  if (scenario === undefined) throw new UsageError(`There is no scenario ${text}: one of ${scenarioNames.join(', ')}.`)
  return [scenario]
}
