import { faultKinds } from '../faults/kinds.ts'
import { otherThemes } from './themes.ts'

/** What seeds must meet: each fault, and each while an older state than ours stood on the chain. */
export const milestones: readonly string[] = [
  ...faultKinds.flatMap((kind) => [`fault: ${kind}`, `fault in a dispute: ${kind}`]),
  ...otherThemes.filter((theme) => theme !== 'calm').flatMap((theme) => [`fault: ${theme}`]),
  'refuted',
  'restarted',
  'caught up',
]

/** Those that were never met. */
export function unmetOf(met: ReadonlyMap<string, number>): readonly string[] {
  return milestones.filter((name) => !met.has(name))
}
