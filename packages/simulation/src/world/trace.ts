import type { SignedState } from '@perun-watcher/core'

/** What happened in a run, for people and for the checks; and how often each rule and each fault was met. */
export interface Trace {
  readonly lines: readonly string[]
  readonly met: ReadonlyMap<string, number>
  /** Calls that the contract refused although the watcher knew better, with the reason. */
  readonly foreseeable: readonly string[]
  say(line: string): void
  meet(what: string): void
  sent(states: readonly SignedState[]): void
  /**
   * The contract would refuse a call of the watcher.
   *
   * @param reason as things stand now.
   * @param known as things stood in the block that the watcher was told last; `undefined`: it would have worked there.
   */
  refused(reason: string, known: string | undefined): void
}

export const short = (id: string): string => id.slice(2, 8)

export function describeStates(states: readonly SignedState[]): string {
  return states.map(({ state }) => `${short(state.channelId)}@${state.version}`).join(' ')
}

export function trace(now: () => number, keepsLines: boolean): Trace {
  const lines: string[] = []
  const met = new Map<string, number>()
  const foreseeable: string[] = []

  function say(line: string): void {
    if (keepsLines) lines.push(`${(now() / 1000).toFixed(3).padStart(10)} ${line}`)
  }

  return {
    lines,
    met,
    foreseeable,
    say,
    meet(what) {
      met.set(what, (met.get(what) ?? 0) + 1)
    },
    sent(states) {
      say(`watcher sends ${describeStates(states)}`)
    },
    refused(reason, known) {
      say(`refused: ${reason}; as the watcher knew it: ${known ?? 'fine'}`)
      if (known !== undefined) foreseeable.push(known)
    },
  }
}
