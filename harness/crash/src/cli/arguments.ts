import { parseCommandLine } from '@perun-watcher/harness-kit/command-line'
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

/** @throws UsageError */
export function crashArguments(args: readonly string[]): CrashArguments {
  const line = parseCommandLine(args, { values: ['kills', 'seed', 'store'] })
  return {
    kills: line.wholeNumber('kills') ?? 1000,
    seed: line.wholeNumber('seed', 0) ?? 1,
    store: line.oneOf('store', storeKinds) ?? 'lmdb',
    isJson: line.has('json'),
    isHelp: line.has('help'),
  }
}

/** Makes the same choices again. When exactly a kill hits, only the machine decides. */
export function repeatCommand({ kills, seed, store }: CrashArguments): string {
  return `pnpm crash --kills ${kills} --seed ${seed}${store === 'lmdb' ? '' : ` --store ${store}`}`
}
