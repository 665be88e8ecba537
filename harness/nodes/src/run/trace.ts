/** What happened in a run, for people; and how often each thing was met. */
export interface Trace {
  readonly lines: readonly string[]
  readonly met: ReadonlyMap<string, number>
  say(line: string): void
  meet(what: string): void
}

export function trace(now: () => number, keepsLines: boolean): Trace {
  const lines: string[] = []
  const met = new Map<string, number>()
  return {
    lines,
    met,
    say(line) {
      if (keepsLines) lines.push(`${(now() / 1_000).toFixed(3).padStart(10)} ${line}`)
    },
    meet: (what) => void met.set(what, (met.get(what) ?? 0) + 1),
  }
}
