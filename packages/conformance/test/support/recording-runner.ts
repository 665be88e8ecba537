import { expect } from 'vitest'

/** A test runner that runs nothing and remembers what it was asked to. */
export function recordingRunner() {
  const names: string[] = []
  const skipped: string[] = []
  return {
    skipped,
    runner: {
      describe: (_: string, body: () => void) => body(),
      it: Object.assign((name: string) => void names.push(name), {
        skip: (name: string) => void skipped.push(name),
      }),
    },
    /** Each of so many cases was defined or skipped, and no skip without its reason. */
    expectNothingSilent(cases: number) {
      expect(names.length + skipped.length).toBe(cases)
      for (const name of skipped) expect(name).toMatch(/\(skipped: .+\)$/)
    },
  }
}
