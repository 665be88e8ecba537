import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import { playAll, type Result } from '../play-all.ts'
import type { WatcherKind } from '../scenarios.ts'
import { summaryOf, tableOf } from '../summary.ts'
import { help, type InteropArguments, interopArguments } from './interop-arguments.ts'

function sentenceOf({ name, kind, verdict, seconds, log }: Result): string {
  const head = `${name}, watched by ${kind === 'daemon' ? 'the daemon' : "go-perun's own watcher"} (${seconds} s): ${verdict.verdict}`
  const reason = verdict.reason === undefined ? '' : `: ${verdict.reason}`
  // What go-perun's watcher fails in is no riddle to be solved here.
  return `${head}${reason}${verdict.verdict === 'failed' && kind === 'daemon' ? `\n${log}` : ''}`
}

async function run(args: InteropArguments, signal: AbortSignal): Promise<number> {
  const results = await playAll({ ...args, signal, onResult: (each) => say(sentenceOf(each)) })
  say(tableOf(results))
  const of = (kind: WatcherKind): readonly Result[] => results.filter((each) => each.kind === kind)
  const ours = summaryOf(of('daemon'))
  outSummary({ ...ours, goPerun: summaryOf(of('go-perun')) }, args.isJson)
  return ours.failed > 0 || signal.aborted ? 1 : 0
}

runProgram(async (argv) => {
  const args = interopArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return run(args, interruption())
})
