import { availableParallelism, cpus } from 'node:os'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { rounded } from '../measure/numbers.ts'
import { type BenchArguments, type Benchmark, benchArguments, help } from './arguments.ts'
import { bundleJobs } from './bundle.ts'
import { remote } from './remote.ts'
import { runner } from './run-job.ts'
import { scale } from './scale.ts'

const out = (text: string): void => void process.stdout.write(`${text}\n`)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

function machine(): Readonly<Record<string, string | number>> {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    platform: process.platform,
    node: process.version,
  }
}

const readable = (_: string, value: unknown): unknown => (typeof value === 'number' ? rounded(value) : value)

async function measure(benchmark: Benchmark, options: BenchArguments): Promise<object> {
  using script = await bundleJobs()
  const jobs = runner(script.path, options.profileFolder)
  switch (benchmark) {
    case 'store': {
      using place = temporaryFolder()
      return { settings: options.store, ...(await jobs.run({ name: 'store', path: place.path, ...options.store })) }
    }
    case 'scale':
      return { settings: options.scale, ...(await scale(jobs, options.scale, say)) }
    case 'remote':
      return { settings: options.remote, ...(await remote(jobs, options.remote)) }
  }
}

async function main(): Promise<void> {
  const args = benchArguments(process.argv.slice(2))
  if (args.benchmark === undefined) {
    out(help)
    return
  }
  const result = { benchmark: args.benchmark, machine: machine(), ...(await measure(args.benchmark, args)) }
  if (!args.isJson) out(JSON.stringify(result, readable, 2))
  out(JSON.stringify(result, readable))
}

// A signal alone would leave files and processes behind; an exit cleans up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
