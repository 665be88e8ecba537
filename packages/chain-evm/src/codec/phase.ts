import type { Phase } from '@perun-watcher/core'

const phases: readonly Phase[] = ['dispute', 'forceExec', 'concluded']

/** The phase that the adjudicator writes as this number; `undefined` for one that it never writes. */
export function phaseFromNumber(phase: number): Phase | undefined {
  return phases[phase]
}
