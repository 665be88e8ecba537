import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import { type CaseResult, hasFailed } from '../nodes/case.ts'
import { runCases } from '../nodes/run-cases.ts'
import { help, type NodesArguments, nodesArguments } from './nodes-arguments.ts'

function sentenceOf(result: CaseResult): string {
  const { name, kind, library, lost, readyWhileBlind, untold, brokenBy, seconds, log } = result
  const found = [
    ...lost.map((each) => `LOST: ${each}`),
    ...readyWhileBlind.map((each) => `READY WHILE BLIND: ${each}`),
    ...untold.map((each) => `UNTOLD: ${each}`),
    ...(brokenBy === undefined ? [] : [`BROKEN: ${brokenBy}`]),
  ]
  const head = `${name} (${kind}, ${library}, ${seconds} s): ${found.join('; ') || 'stands'}`
  return found.length === 0 ? head : `${head}\n${log}`
}

async function run({ cases, libraries, seed, jobs, isJson }: NodesArguments, signal: AbortSignal): Promise<number> {
  const begun = performance.now()
  const results = await runCases({ cases, libraries, seed, jobs, signal, onResult: (each) => say(sentenceOf(each)) })
  const failed = results.filter(hasFailed)
  const count = (isSo: (result: CaseResult) => boolean): number => results.filter(isSo).length
  const summary = {
    cases: results.length,
    distinct: new Set(results.map(({ name }) => name)).size,
    lost: count(({ lost }) => lost.length > 0),
    readyWhileBlind: count(({ readyWhileBlind }) => readyWhileBlind.length > 0),
    untold: count(({ untold }) => untold.length > 0),
    broken: count(({ brokenBy }) => brokenBy !== undefined),
    failed: failed.map(({ name, library }) => `${name} (${library})`),
    seed,
    seconds: Math.round((performance.now() - begun) / 1_000),
  }
  outSummary(summary, isJson)
  return failed.length > 0 || signal.aborted ? 1 : 0
}

runProgram(async (argv) => {
  const args = nodesArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return run(args, interruption())
})
