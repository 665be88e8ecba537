import { availableParallelism } from 'node:os'
import { bundlePrograms, type Programs } from '../world/programs.ts'
import { type CaseResult, hasFailed, type NodesCase } from './case.ts'
import { type Library, libraries } from './library.ts'
import { lookAgain, type Played, runCase } from './run-case.ts'
import { startWorld, type World } from './world.ts'

export interface CasesOptions {
  readonly cases: readonly NodesCase[]
  readonly libraries: readonly Library[]
  /** Decides which variant of a kind each case plays: the wording of a refusal, how late something is. */
  readonly seed: number
  /** Cases that go on at the same time. Default: several for each core, as they mostly wait for blocks. */
  readonly jobs?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onResult?: (result: CaseResult) => void
}

interface Turn {
  readonly each: NodesCase
  readonly library: Library
  readonly seed: number
}

const jobsPerCore = 5

/** Plays all cases with all libraries, side by side. */
export async function runCases(options: CasesOptions): Promise<readonly CaseResult[]> {
  const { cases, seed, jobs = jobsPerCore * availableParallelism(), signal, onResult = () => {} } = options
  const turns: readonly Turn[] = cases.flatMap((each) =>
    (each.libraries ?? libraries)
      .filter((library) => options.libraries.includes(library))
      .map((library) => ({ each, library, seed: seed + libraries.indexOf(library) })),
  )
  using programs = await bundlePrograms()
  await using shared = await startWorld(turns.length)
  const own: CaseResult[] = []
  const onShared: Played[] = []
  const waiting = [...turns]

  async function work(): Promise<void> {
    for (let turn = waiting.shift(); turn !== undefined && !signal?.aborted; turn = waiting.shift()) {
      const isOwn = turn.each.needsOwnChain === true
      const played = isOwn ? await onOwnChain(turn, programs) : await play(turn, programs, shared)
      onResult(played.result)
      if (isOwn) own.push(played.result)
      else onShared.push(played)
    }
  }

  await Promise.all(Array.from({ length: jobs }, work))
  const again = await lookAgain(shared, onShared)
  for (const [index, { result }] of again.entries()) {
    if (hasFailed(result) && !hasFailed(onShared[index]?.result ?? result)) onResult(result)
  }
  return [...own, ...again.map(({ result }) => result)]
}

function play({ each, library, seed }: Turn, programs: Programs, world: World): Promise<Played> {
  return runCase(each, library, { world, program: programs.daemon, newFolder: programs.newFolder, seed })
}

async function onOwnChain(turn: Turn, programs: Programs): Promise<Played> {
  await using world = await startWorld(1)
  const [played] = await lookAgain(world, [await play(turn, programs, world)])
  if (played === undefined) throw new Error('One was played.')
  return played
}
