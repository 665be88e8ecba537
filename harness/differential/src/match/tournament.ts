import type { Match } from '../draw/sequence.ts'
import type { Arena } from '../sides/arena.ts'
import type { Side } from '../sides/side.ts'
import { fight, type Met, matchmaker } from './duel.ts'

export interface TournamentOptions {
  readonly seed: string
  /** The numbers of the matches. */
  readonly numbers: readonly number[]
  /** Without at least two there is no match. */
  readonly sides: readonly Side[]
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, differences: number) => void
}

export interface TournamentResult {
  readonly sequences: number
  readonly calls: number
  /** One story for each match that not all sides agree about. */
  readonly differences: readonly string[]
  readonly met: readonly Met[]
}

/** Sequences that are drawn while the nodes work on as many others. */
const together = 16
/** Shortening stories takes long, and after a few of them no other tells anything new. */
const enoughDifferences = 20

/** Draws one match after the other and fights them; ends early once there are differences enough. */
export async function tournament(arena: Arena, options: TournamentOptions): Promise<TournamentResult> {
  const { seed, sides, signal } = options
  const numbers = sides.length > 1 ? options.numbers : []
  const draw = matchmaker(seed, arena.addresses, arena.model)
  const differences: string[] = []
  const met = new Map<string, Met>()
  let [sequences, calls] = [0, 0]

  async function judge(match: Match): Promise<void> {
    const verdict = await fight(seed, sides, match)
    sequences += 1
    calls += match.calls.length
    if ('difference' in verdict) differences.push(verdict.difference)
    else for (const one of verdict.met) met.set(`${one.call}: ${one.reason}`, one)
  }

  let fighting: Promise<unknown> = Promise.resolve()
  for (let first = 0; first < numbers.length && differences.length < enoughDifferences; first += together) {
    signal?.throwIfAborted()
    const matches = []
    for (const number of numbers.slice(first, first + together)) matches.push(await draw(number))
    await fighting
    options.onProgress?.(sequences, differences.length)
    fighting = Promise.all(matches.map(judge))
    // It is waited for one round later; until then a failure is nobody's.
    fighting.catch(() => {})
  }
  await fighting
  return { sequences, calls, differences, met: [...met.values()] }
}
