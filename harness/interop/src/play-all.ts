import { join } from 'node:path'
import { bundlePrograms } from '@perun-watcher/e2e/programs'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { type PerunBytecode, perunBytecode } from '@perun-watcher/real'
import { buildProgram } from './go-program.ts'
import type { Verdict } from './lines.ts'
import { openPlace } from './place.ts'
import { playScenario } from './player.ts'
import type { Scenario, WatcherKind } from './scenarios.ts'

export interface Result {
  readonly name: string
  readonly kind: WatcherKind
  readonly verdict: Verdict | { readonly verdict: 'skipped'; readonly reason: string }
  /** The end of what was said on the way. */
  readonly log: string
  readonly seconds: number
}

export interface PlayOptions {
  readonly scenarios: readonly Scenario[]
  readonly kinds: readonly WatcherKind[]
  /** How many go on at the same time. */
  readonly jobs: number
  readonly signal: AbortSignal
  readonly onResult: (result: Result) => void
}

/** Plays each scenario with each watcher. @throws Error if there is no Go here, or no module of Perun's contracts. */
export async function playAll({ scenarios, kinds, jobs, signal, onResult }: PlayOptions): Promise<readonly Result[]> {
  const found = await perunBytecode()
  if ('missing' in found) throw new Error(`There is nothing to play with: ${found.missing}.`)
  const bytecode: PerunBytecode = found
  using folder = temporaryFolder('interop')
  const program = join(folder.path, 'play')
  await buildProgram(program)
  using programs = await bundlePrograms()
  const waiting = kinds.flatMap((kind) => scenarios.map((scenario) => ({ scenario, kind })))
  const results: Result[] = []

  async function result(scenario: Scenario, kind: WatcherKind): Promise<Result> {
    const { name, notOfGoPerun } = scenario
    if (kind === 'go-perun' && notOfGoPerun !== undefined) {
      return { name, kind, verdict: { verdict: 'skipped', reason: notOfGoPerun }, log: '', seconds: 0 }
    }
    const begun = performance.now()
    const seconds = (): number => Math.round((performance.now() - begun) / 1_000)
    try {
      await using place = await openPlace({ bytecode, daemon: programs.daemon, folder: programs.newFolder() })
      const { verdict, log } = await playScenario(program, scenario, kind, place)
      return { name, kind, verdict, log, seconds: seconds() }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { name, kind, verdict: { verdict: 'failed', reason }, log: '', seconds: seconds() }
    }
  }

  async function work(): Promise<void> {
    for (let turn = waiting.shift(); turn !== undefined && !signal.aborted; turn = waiting.shift()) {
      const played = await result(turn.scenario, turn.kind)
      results.push(played)
      onResult(played)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return results
}
