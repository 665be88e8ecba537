import type { SignedState } from '@perun-watcher/core'
import type { Milestone } from '../coverage/milestones.ts'

/** What happened in a run, for people and for the checks; and how often each rule and each fault was met. */
export interface Trace {
  readonly lines: readonly string[]
  readonly met: ReadonlyMap<Milestone, number>
  /** What must not happen, in the order in which it was seen. */
  readonly violations: readonly string[]
  say(line: string): void
  meet(what: Milestone): void
  violate(violation: string): void
}

export const short = (id: string): string => id.slice(2, 8)

export function describeStates(states: readonly SignedState[]): string {
  return states.map(({ state }) => `${short(state.channelId)}@${state.version}`).join(' ')
}

export function trace(now: () => number, keepsLines: boolean): Trace {
  const lines: string[] = []
  const met = new Map<Milestone, number>()
  const violations: string[] = []

  function say(line: string): void {
    if (keepsLines) lines.push(`${(now() / 1000).toFixed(3).padStart(10)} ${line}`)
  }

  return {
    lines,
    met,
    violations,
    say,
    meet(what) {
      met.set(what, (met.get(what) ?? 0) + 1)
    },
    violate(violation) {
      say(`VIOLATION: ${violation}`)
      violations.push(violation)
    },
  }
}
