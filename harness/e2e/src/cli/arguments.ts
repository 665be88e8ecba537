import { parseArgs } from 'node:util'

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

function wholeNumber(text: string, name: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number from 0 on.`)
  return number
}

/** @throws Error with a sentence for people. */
export function hostileArguments(args: readonly string[]): HostileArguments {
  const { values } = parseArgs({
    // pnpm hands on the `--` that separates a script's arguments.
    args: args.filter((each) => each !== '--'),
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    seconds: wholeNumber(values.seconds, 'seconds'),
    seed: wholeNumber(values.seed, 'seed'),
    isJson: values.json,
    isHelp: values.help,
  }
}
