import type { Phase } from '@perun-watcher/core'

/** In the order of the adjudicator's numbers, and of a channel's life. */
export const phases: readonly Phase[] = ['dispute', 'forceExec', 'concluded']

/** The phase that the adjudicator writes as this number; `undefined` for one that it never writes. */
export function phaseFromNumber(phase: number): Phase | undefined {
  return phases[phase]
}
