import { runHostile } from '../hostile/run-hostile.ts'
import { type HostileArguments, help, hostileArguments } from './arguments.ts'

const out = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

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
  if (isJson) out(JSON.stringify(summary))
  else for (const [name, value] of Object.entries(summary)) out(`${name.padEnd(12)} ${JSON.stringify(value)}`)
  if (violations.length > 0) say(`To make the same choices again: pnpm hostile --seconds ${seconds} --seed ${seed}`)
  return violations.length > 0 ? 1 : 0
}

async function main(): Promise<number> {
  const args = hostileArguments(process.argv.slice(2))
  if (args.isHelp) {
    out(help)
    return 0
  }
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort())
  return attack(args, interruption.signal)
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 2
  },
)
