import { fileURLToPath } from 'node:url'
import { out, say } from '@perun-watcher/harness-kit/output'
import { exitOnInterruption } from '@perun-watcher/harness-kit/program'
import { help, type SampleArguments, sampleArguments } from './arguments.ts'
import { runSample } from './sample.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The command `pnpm mutants --package`. @returns its exit code. */
export async function sampleMutants(argv: readonly string[]): Promise<number> {
  const args = sampleArguments(argv, root)
  if (args.isHelp) {
    out(help)
    return 0
  }
  exitOnInterruption()
  const started = performance.now()
  const { name, packages, seed, count, only, jobs, isJson } = args
  const result = await runSample({ root, packages, seed, count, only, jobs, onProgress: say })
  const seconds = Math.round((performance.now() - started) / 1000)
  if (isJson) {
    out(JSON.stringify({ package: name, seed, ...result, seconds }))
  } else {
    for (const { number, file, line, kind, before, after } of result.survivors) {
      out(`#${number} ${file}:${line}  ${kind}\n  - ${before}\n  + ${after}\n  ${repeatCommand(args, number)}`)
    }
    const { drawn, caught, byTypes, timeouts } = result
    out(`${caught} of ${drawn} caught (${byTypes} by types, ${timeouts} by a timeout), ${seconds} s`)
  }
  return result.survivors.length > 0 ? 1 : 0
}

function repeatCommand({ name, seed }: SampleArguments, number: number): string {
  return `pnpm mutants --package ${name} --seed ${seed} --count ${number} --only ${number}`
}
