import type { Patch } from '../cli/bundle.ts'

/** The engine with one rule removed or broken. */
export interface Mutant extends Patch {
  readonly name: string
  /** What it gets wrong: a weakness of go-perun's watcher (W…), or a rule of ours. */
  readonly weakness: string
}
