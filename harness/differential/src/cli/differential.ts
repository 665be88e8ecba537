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
  if (args.needsReal && typeof arena.real === 'string') {
    outSummary({ sequences: 0, differences: 0, real }, args.isJson)
    return 1
  }
  const started = performance.now()
  const numbers = only === undefined ? Array.from({ length: sequences }, (_, number) => number) : [only]
  const onProgress = (done: number, differences: number): void => {
    if (done > 0 && done % progressEvery === 0) say(`${done} sequences, ${differences} differences`)
  }
  const common = { seed, signal, onProgress }
  const result = await tournament(arena, { ...common, numbers, sides: arena.sides })
  // The model takes no bytes; and of damaged input a part is enough.
  const damaged = only === undefined ? numbers.filter((number) => number % 4 === 0) : numbers
  const garbled = await tournament(arena, { ...common, numbers: damaged, sides: arena.garbledSides })
  const differences = [...result.differences, ...garbled.differences]
  const seconds = (performance.now() - started) / 1000
  for (const story of differences) say(`${story}\n`)
  const summary = {
    sequences: result.sequences,
    differences: differences.length,
    real,
    sides: arena.sides.map(({ name }) => name),
    calls: result.calls,
    garbled: garbled.sequences,
    answers: result.met.length,
    seed,
    seconds: Math.round(seconds),
    sequencesPerSecond: Number(((result.sequences + garbled.sequences) / seconds).toFixed(1)),
  }
  outSummary(summary, args.isJson)
  return differences.length > 0 ? 1 : 0
}

runProgram(async (argv) => {
  const args = differentialArguments(argv)
  if (args.isHelp) {
    out(help)
    return 0
  }
  return await differential(args, interruption())
})
