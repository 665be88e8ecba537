import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import type { FamilyOutcome } from '../run/play-family.ts'
import { type CrashResult, type Progress, runCrash } from '../run/run-crash.ts'
import { Violation, type ViolationKind } from '../run/verdict.ts'
import { type CrashArguments, crashArguments, help, repeatCommand } from './arguments.ts'

/** Fewer kills cannot meet every failpoint, and do not have to. */
const killsForAllFailpoints = 1_000

/** Kinds with a number of their own in the summary. */
const countedKinds: readonly ViolationKind[] = ['lost', 'forgotten', 'blocked', 'outcome']

function sayProgress({ kills, acknowledged, disputes, families, truces }: Progress): void {
  say(
    `${kills} kills, ${acknowledged} acknowledged, ${disputes} disputes, ${families} families ended, ${truces} truces`,
  )
}

/** Families that ended otherwise than without kills. */
function differences(interrupted: readonly FamilyOutcome[], whole: readonly FamilyOutcome[]): readonly Violation[] {
  const text = ({ versions, balances }: FamilyOutcome): string => `versions ${versions}, balances ${balances}`
  const expected = new Map(whole.map((outcome) => [outcome.number, text(outcome)]))
  return interrupted
    .filter((outcome) => expected.get(outcome.number) !== text(outcome))
    .map((outcome) => {
      const { number } = outcome
      return new Violation('outcome', `family ${number}: ${text(outcome)}; without kills: ${expected.get(number)}`)
    })
}

function sum(violations: readonly Violation[], kind: ViolationKind): number {
  return violations.filter((each) => each.kind === kind).reduce((total, { count }) => total + count, 0)
}

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0)
}

/** The run with kills, then the same families without. */
async function runBoth(args: CrashArguments, signal: AbortSignal) {
  const { seed, kills, store } = args
  const interrupted = await runCrash({ seed, kills, store, signal, onProgress: sayProgress })
  if (interrupted.violations.length > 0) return { interrupted, violations: interrupted.violations, outcomeEqual: false }
  say(`${interrupted.kills} kills survived; now the same ${interrupted.families} families without kills`)
  const whole = await runCrash({
    seed,
    kills: 0,
    families: interrupted.families,
    store,
    signal,
    onProgress: sayProgress,
  })
  const different = differences(interrupted.outcomes, whole.outcomes)
  return {
    interrupted,
    violations: [...whole.violations, ...different],
    outcomeEqual: different.length === 0 && whole.violations.length === 0,
  }
}

function unhitOf({ hits }: CrashResult): readonly string[] {
  return [...hits].filter(([, count]) => count === 0).map(([name]) => name)
}

async function crash(args: CrashArguments, signal: AbortSignal): Promise<number> {
  const started = performance.now()
  const { interrupted, violations, outcomeEqual } = await runBoth(args, signal)
  const unhit = unhitOf(interrupted)
  for (const { message } of violations) say(message)
  if (unhit.length > 0) say(`failpoints never hit: ${unhit.join(', ')}`)
  const { kills, acknowledged, disputes, families, truces, hits, startMs, killsUnderLoad } = interrupted
  const summary = {
    kills,
    acknowledged,
    lost: sum(violations, 'lost'),
    forgotten: sum(violations, 'forgotten'),
    blockedLanes: sum(violations, 'blocked'),
    outcomeEqual,
    otherViolations: violations.filter(({ kind }) => !countedKinds.includes(kind)).length,
    failpoints: { declared: hits.size, hit: hits.size - unhit.length, unhit },
    failpointKills: [...hits.values()].reduce((total, count) => total + count, 0),
    killsUnderLoad,
    disputes,
    families,
    truces,
    seed: args.seed,
    startMsMedian: median(startMs),
    seconds: Math.round((performance.now() - started) / 1000),
  }
  const isIncomplete = args.kills >= killsForAllFailpoints && unhit.length > 0
  const isBroken = violations.length > 0 || isIncomplete
  if (isBroken) say(`To make the same choices again: ${repeatCommand(args)}`)
  outSummary(summary, args.isJson)
  return isBroken ? 1 : 0
}

runProgram(async (argv) => {
  const args = crashArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  try {
    return await crash(args, interruption())
  } catch (error) {
    say(`To make the same choices again: ${repeatCommand(args)}`)
    throw error
  }
})
