import type { Patch } from '../cli/bundle.ts'

/** The engine with one rule removed or broken. */
export interface Mutant {
  readonly name: string
  /** What it gets wrong: a weakness of go-perun's watcher (W…), or a rule of ours. */
  readonly weakness: string
  /** What is changed in the sources; more than one place where the engine has two ways to the same end. */
  readonly patches: readonly [Patch, ...Patch[]]
}
