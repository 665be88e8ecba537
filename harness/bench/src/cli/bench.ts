import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { bundle } from '@perun-watcher/harness-kit/bundle'
import { out, say } from '@perun-watcher/harness-kit/output'
import { exitOnInterruption, runProgram } from '@perun-watcher/harness-kit/program'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { rounded } from '../measure/numbers.ts'
import { type BenchArguments, type Benchmark, benchArguments, help } from './arguments.ts'
import { blocks } from './blocks.ts'
import { jobRunner } from './job-runner.ts'
import { mass } from './mass.ts'
import { remote } from './remote.ts'
import { scale } from './scale.ts'
import { sweep } from './sweep.ts'

const jobProgram = new URL('../jobs/main.ts', import.meta.url)

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
  using folder = temporaryFolder('bench-jobs')
  const script = join(folder.path, 'jobs.mjs')
  await writeFile(script, await bundle({ entry: jobProgram, format: 'esm' }))
  const jobs = jobRunner(script, options.profileFolder)
  switch (benchmark) {
    case 'store': {
      using place = temporaryFolder('bench')
      return { settings: options.store, ...(await jobs.run({ name: 'store', path: place.path, ...options.store })) }
    }
    case 'scale':
      return { settings: options.scale, ...(await scale(jobs, options.scale, say)) }
    case 'sweep':
      return { settings: options.sweep, ...(await sweep(options.sweep, say)) }
    case 'blocks':
      return { settings: options.blocks, ...(await blocks(jobs, options.blocks, say)) }
    case 'mass':
      return { settings: options.mass, ...(await mass(options.mass, say)) }
    case 'remote':
      return { settings: options.remote, ...(await remote(jobs, options.remote)) }
  }
}

exitOnInterruption()

runProgram(async (argv) => {
  const args = benchArguments(argv)
  if (args.benchmark === undefined) {
    out(help)
    return 0
  }
  const result = { benchmark: args.benchmark, machine: machine(), ...(await measure(args.benchmark, args)) }
  if (!args.isJson) out(JSON.stringify(result, readable, 2))
  out(JSON.stringify(result, readable))
  return 0
}, 1)
