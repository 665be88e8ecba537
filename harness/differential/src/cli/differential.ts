import { out, outSummary, say } from '@perun-watcher/harness-kit/output'
import { interruption, runProgram } from '@perun-watcher/harness-kit/program'
import { tournament } from '../match/tournament.ts'
import { openArena } from '../sides/arena.ts'
import { type DifferentialArguments, differentialArguments, help } from './arguments.ts'

/** So many sequences pass between two lines of progress. */
const progressEvery = 480

async function differential(args: DifferentialArguments, signal: AbortSignal): Promise<number> {
  const { seed, only, sequences } = args
  await using arena = await openArena()
  const real = typeof arena.real === 'string' ? arena.real : 'compared'
  say(`Perun's own contracts: ${real}`)
  const started = performance.now()
  const result = await tournament(arena, {
    seed,
    numbers: only === undefined ? Array.from({ length: sequences }, (_, number) => number) : [only],
    sides: arena.sides,
    signal,
    onProgress: (done, differences) => {
      if (done > 0 && done % progressEvery === 0) say(`${done} sequences, ${differences} differences`)
    },
  })
  const seconds = (performance.now() - started) / 1000
  for (const story of result.differences) say(`${story}\n`)
  const summary = {
    sequences: result.sequences,
    differences: result.differences.length,
    real,
    sides: arena.sides.map(({ name }) => name),
    calls: result.calls,
    answers: result.met.length,
    seed,
    seconds: Math.round(seconds),
    sequencesPerSecond: Number((result.sequences / seconds).toFixed(1)),
  }
  outSummary(summary, args.isJson)
  return result.differences.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = differentialArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return await differential(args, interruption())
})
