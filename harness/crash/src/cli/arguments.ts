import { parseArgs } from 'node:util'
import { type StoreKind, storeKinds } from '../protocol.ts'

export interface CrashArguments {
  readonly kills: number
  readonly seed: number
  readonly store: StoreKind
  readonly isJson: boolean
  readonly isHelp: boolean
}

export const help = `Kills the watcher over and over while channels are published, cheated and concluded on a local chain.

  pnpm crash [--kills 1000] [--seed 1] [--store ${storeKinds.join('|')}] [--json]

  --kills N   how often to kill it; default 1000
  --seed S    decides all choices; default 1
  --store K   lmdb is the real store; the others break a promise, and must be found out
  --json      the numbers alone on standard output, as one line

Ends with 1 if a promise was broken; from 1000 kills on also if a failpoint was never hit.
`

function wholeNumber(text: string, name: string, least: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) throw new Error(`--${name} must be a whole number from ${least} on.`)
  return number
}

function storeKind(text: string): StoreKind {
  const kind = storeKinds.find((each) => each === text)
  if (kind === undefined) throw new Error(`--store knows no ${text}; it knows ${storeKinds.join(', ')}.`)
  return kind
}

/** @throws Error with a sentence for people. */
export function crashArguments(args: readonly string[]): CrashArguments {
  const { values } = parseArgs({
    // pnpm hands on the `--` that separates a script's arguments.
    args: args.filter((each) => each !== '--'),
    options: {
      kills: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      store: { type: 'string', default: 'lmdb' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    kills: wholeNumber(values.kills, 'kills', 1),
    seed: wholeNumber(values.seed, 'seed', 0),
    store: storeKind(values.store),
    isJson: values.json,
    isHelp: values.help,
  }
}

/** Makes the same choices again. When exactly a kill hits, only the machine decides. */
export function repeatCommand({ kills, seed, store }: CrashArguments): string {
  return `pnpm crash --kills ${kills} --seed ${seed}${store === 'lmdb' ? '' : ` --store ${store}`}`
}
