import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
import { type Library, libraries } from '../nodes/library.ts'

export interface SoakArguments {
  readonly minutes: number
  readonly clients: number
  readonly channelsOfEach: number
  readonly publishesPerSecond: number
  readonly library: Library
  readonly seed: number
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Uses a daemon for a long time: clients publish, stop, end and come back, connections are cut, channels are cheated on. Looks
at descriptors by kind and peer, timers, memory and the store, and says what grows.

  pnpm soak [--minutes 10] [--clients 50] [--channels 10] [--rate 100] [--client viem] [--seed 1] [--json]

  --minutes N   how long
  --clients N   clients at the same time
  --channels N  of each client
  --rate N      states per second, of all clients together
  --client L    the library that the daemon uses: viem or ethers
  --seed S      decides who does what
  --json        the numbers alone on standard output, as one line

Ends with 1 if something grows, is left over when all clients have gone, or if a promise was broken.
`

/** @throws UsageError */
export function soakArguments(args: readonly string[]): SoakArguments {
  const line = parseCommandLine(args, { values: ['minutes', 'clients', 'channels', 'rate', 'client', 'seed'] })
  return {
    minutes: line.positiveNumber('minutes') ?? 10,
    clients: line.wholeNumber('clients') ?? 50,
    channelsOfEach: line.wholeNumber('channels') ?? 10,
    publishesPerSecond: line.positiveNumber('rate') ?? 100,
    library: line.oneOf('client', libraries) ?? 'viem',
    seed: line.wholeNumber('seed', 0) ?? 1,
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}
