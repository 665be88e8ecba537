import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import { runHostile } from '../hostile/run-hostile.ts'
import { type HostileArguments, help, hostileArguments } from './arguments.ts'

/** Every attack is made at least so often. */
const rounds = 2

async function attack({ seconds, seed, isJson }: HostileArguments, signal: AbortSignal): Promise<number> {
  const result = await runHostile({ seconds, rounds, seed, signal, onProgress: say })
  for (const violation of result.violations) say(violation)
  const { violations, published, sent, memory, ...rest } = result
  const summary = {
    violations: violations.length,
    ...rest,
    seed,
    published: Number(published),
    sent: Object.values(sent).reduce((sum, count) => sum + count, 0),
    attacks: sent,
    memoryMiB: { before: memory.before?.nowMiB, after: memory.after?.nowMiB, most: memory.after?.mostMiB },
  }
  outSummary(summary, isJson)
  if (violations.length > 0) say(`To make the same choices again: pnpm hostile --seconds ${seconds} --seed ${seed}`)
  return violations.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = hostileArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return attack(args, interruption())
})
