import { parseBytes } from '@perun-watcher/core'
import { addressOf, devKey } from '@perun-watcher/devnet'
import type { Addresses, Call } from '../calls/call.ts'
import type { ModelLedger } from '../calls/model-ledger.ts'
import { drawFamily, type Ingredients } from '../draw/family.ts'
import { randomFrom } from '../draw/random.ts'
import type { Cast } from '../draw/scene.ts'
import { drawSequence, type Match } from '../draw/sequence.ts'
import { rememberingSigner } from '../draw/signing.ts'
import { statesOf } from '../draw/states.ts'
import type { Answer } from '../sides/answers.ts'
import { type Side, start } from '../sides/side.ts'
import { storyOf } from './story.ts'

/** What a call was answered, by all. */
export interface Met {
  readonly call: Call['name']
  readonly reason: string
}

/** What came of a match: what the calls were answered, or, where sides differ, the shortest story found of it. */
export type Verdict = { readonly met: readonly Met[] } | { readonly difference: string }

/** Draws sequences of calls. Everything about a match follows from the seed and the match's number. */
export type Draw = (number: number) => Promise<Match>

/** So many matches in a row are about the same family, because signing its states takes longer than all the rest. */
const matchesPerFamily = 12

/**
 * @param seed - any text
 * @param model - what happened so far, by the model, decides what is worth trying next
 */
export function matchmaker(seed: string, addresses: Addresses, model: ModelLedger): Draw {
  const keys = [1, 2, 3, 4].map(devKey)
  const people = keys.map((key) => ({ key, address: parseBytes(addressOf(key)) }))
  const ingredients: Ingredients = { addresses, people }
  const sign = rememberingSigner()
  let cast: Cast | undefined

  function castOf(number: number): Cast {
    const name = `${seed}/family ${Math.floor(number / matchesPerFamily)}`
    if (cast?.family.name !== name) {
      const family = drawFamily(name, randomFrom(name), ingredients)
      cast = { addresses, family, states: statesOf(family), sign }
    }
    return cast
  }

  return async (number) => {
    const current = castOf(number)
    const calls = await drawSequence(current, model, randomFrom(`${seed}/match ${number}`), start)
    return { number, family: current.family, calls }
  }
}

/** Makes the calls of a match to every side. */
export async function fight(seed: string, sides: readonly Side[], match: Match): Promise<Verdict> {
  const answers = await askAll(sides, match)
  if (answers.some(differs)) {
    const shortest = await shorten(sides, match)
    return { difference: storyOf(seed, shortest, sides, await askAll(sides, shortest)) }
  }
  return {
    met: match.calls.map(({ call }, index) => ({ call: call.name, reason: answers[index]?.[0]?.reason ?? 'nothing' })),
  }
}

/** For each call the answers, one of each side. */
async function askAll(sides: readonly Side[], { family, calls }: Match): Promise<readonly (readonly Answer[])[]> {
  const bySide = await Promise.all(sides.map((side) => side.ask(family, calls)))
  const none: Answer = { reason: 'none', updates: [], records: [] }
  return calls.map((_, index) => bySide.map((answers) => answers[index] ?? none))
}

/** Leaves out calls for as long as the rest is still answered differently. */
async function shorten(sides: readonly Side[], match: Match): Promise<Match> {
  for (const left of match.calls) {
    const shorter = { ...match, calls: match.calls.filter((call) => call !== left) }
    if ((await askAll(sides, shorter)).some(differs)) return await shorten(sides, shorter)
  }
  return match
}

function differs(answers: readonly Answer[]): boolean {
  return new Set(answers.map((answer) => JSON.stringify(answer))).size > 1
}
