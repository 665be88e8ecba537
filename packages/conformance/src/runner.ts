/** What the kits ask of a test runner: vitest, mocha, jest and `node:test` have it. */
export interface Runner {
  describe(name: string, body: () => void): unknown
  readonly it: {
    (name: string, body: () => Promise<void>): unknown
    skip(name: string, body: () => Promise<void>): unknown
  }
}

/** A program of yours that a kit starts. */
export interface ChildProgram {
  readonly command: string
  readonly args: readonly string[]
}

interface Case<Need> {
  readonly name: string
  readonly needs?: readonly Need[]
}

/** Defines one test per case. If a need is not met the test is skipped, with the reason in its name. */
export function defineCases<Need, Each extends Case<Need>>(
  { describe, it }: Runner,
  title: string,
  {
    cases,
    whyNot,
    run,
  }: {
    readonly cases: readonly Each[]
    /** @returns why a need is not met; `undefined`: it is. */
    whyNot(need: Need): string | undefined
    run(each: Each): Promise<void>
  },
): void {
  describe(title, () => {
    for (const each of cases) {
      const reasons = (each.needs ?? []).flatMap((need) => whyNot(need) ?? [])
      if (reasons.length === 0) it(each.name, () => run(each))
      else it.skip(`${each.name} (skipped: ${reasons.join('; ')})`, () => run(each))
    }
  })
}
