import { parseArgs } from 'node:util'

const benchmarks = ['store', 'scale', 'remote'] as const
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
}

export const help = `Measures the watcher. The last line is JSON; progress goes to standard error.

  pnpm bench store [--in-flight 512] [--versions 10] [--rounds 5] [--json]
  pnpm bench scale [--channels 10000,100000,1000000] [--blocks 2000] [--in-flight 256] [--versions 10] [--json]
  pnpm bench remote [--connections 64] [--in-flight 512] [--versions 30] [--rounds 9] [--idle 1000] [--json]

  --in-flight N  channels with one publish in flight each
  --versions V   publishes per channel, in store and remote per round
  --rounds R     how often everything is measured; the figures are medians
  --channels L   how many channels are watched
  --blocks B     blocks without an event of ours
  --connections C  clients, each with a share of the channels
  --idle I       clients that do nothing, whose memory is measured
  --json         the JSON line alone on standard output
  --profile DIR  a CPU profile of each process
`

function wholeNumber(text: string, name: string, least = 1): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} must be a whole number from ${least} on.`)
  return number
}

/** @throws Error with a sentence for people. */
export function benchArguments(args: readonly string[]): BenchArguments {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    // pnpm hands on the `--` that separates a script's arguments.
    args: args.filter((each) => each !== '--'),
    allowPositionals: true,
    options: {
      channels: { ...text, default: '10000,100000,1000000' },
      blocks: { ...text, default: '2000' },
      'in-flight': text,
      versions: text,
      rounds: text,
      connections: { ...text, default: '64' },
      idle: { ...text, default: '1000' },
      profile: text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const inFlight = values['in-flight']
  const versions = (ofBenchmark: string): number => wholeNumber(values.versions ?? ofBenchmark, 'versions', 2)
  const rounds = (ofBenchmark: string): number => wholeNumber(values.rounds ?? ofBenchmark, 'rounds')
  const [name] = positionals
  const benchmark = benchmarks.find((each) => each === name)
  if (!values.help && benchmark === undefined) throw new Error(`Say which benchmark.\n\n${help}`)
  return {
    benchmark: values.help ? undefined : benchmark,
    isJson: values.json,
    profileFolder: values.profile,
    store: {
      channels: wholeNumber(inFlight ?? '512', 'in-flight'),
      versions: versions('10'),
      rounds: rounds('5'),
    },
    scale: {
      channels: values.channels.split(',').map((each) => wholeNumber(each, 'channels')),
      blocks: wholeNumber(values.blocks, 'blocks'),
      active: wholeNumber(inFlight ?? '256', 'in-flight'),
      versions: versions('10'),
    },
    remote: {
      connections: wholeNumber(values.connections, 'connections'),
      channels: wholeNumber(inFlight ?? '512', 'in-flight'),
      versions: versions('30'),
      rounds: rounds('9'),
      idle: wholeNumber(values.idle, 'idle'),
    },
  }
}
