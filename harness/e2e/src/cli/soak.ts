import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import { runSoak } from '../soak/run-soak.ts'
import type { Look } from '../soak/verdict.ts'
import { help, type SoakArguments, soakArguments } from './soak-arguments.ts'

const rounded = (value: number): number => Math.round(value * 10) / 10

function sentenceOf({ minutes, numbers }: Look, done: string): string {
  const all = Object.entries(numbers).map(([name, value]) => `${name} ${rounded(value)}`)
  return `${minutes.toFixed(1)} min: ${done}; ${all.join(', ')}`
}

async function soak({ isJson, isHelp: _, ...options }: SoakArguments, signal: AbortSignal): Promise<number> {
  const result = await runSoak({ ...options, signal, onLook: (look, done) => say(sentenceOf(look, done)) })
  const { violations, growths, looks, published, cheated, refuted } = result
  for (const violation of violations) say(violation)
  const summary = {
    violations: violations.length,
    details: violations,
    minutes: rounded(looks.at(-1)?.minutes ?? 0),
    looks: looks.length,
    published,
    cheated,
    refuted,
    numbers: Object.fromEntries(
      growths.map(({ name, from, to, perMinute }) => [
        name,
        { from: rounded(from), to: rounded(to), perMinute: rounded(perMinute) },
      ]),
    ),
    seed: options.seed,
  }
  outSummary(summary, isJson)
  return violations.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = soakArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return soak(args, interruption())
})
