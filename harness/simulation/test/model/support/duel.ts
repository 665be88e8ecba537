import { parseBytes } from '@perun-watcher/core'
import { type ModelAdjudicator, modelAdjudicator } from '@perun-watcher/core/testing'
import { addressOf, type Devnet, devKey } from '@perun-watcher/devnet'
import { realCrypto } from '../real-crypto.ts'
import { type Answer, answerOf } from './answers.ts'
import type { Call } from './apply-call.ts'
import { askContract } from './contract.ts'
import { devnetContracts } from './devnet-contracts.ts'
import { rememberingEncoder } from './encode-call.ts'
import { drawFamily, type Ingredients } from './family.ts'
import { randomFrom } from './random.ts'
import { askModel, type Cast, drawSequence, type Match } from './sequence.ts'
import { rememberingSigner } from './signing.ts'
import { statesOf } from './states.ts'
import { storyOf } from './story.ts'

/** What a call was answered, by both. */
export interface Met {
  readonly call: Call['name']
  readonly reason: string
}

export interface Duel {
  /** Everything about a match follows from the duel's seed and the match's number. */
  draw(number: number): Promise<Match>
  /**
   * Makes the calls to both.
   *
   * @throws Error that tells the shortest sequence found that they still disagree about.
   */
  fight(match: Match, ask?: Ask): Promise<readonly Met[]>
}

/** How the contract is asked: `askContract`, or `askMined`. */
export type Ask = typeof askContract

type Pair = readonly [model: Answer, contract: Answer]

/** So many matches in a row are about the same family, because signing its states takes longer than all the rest. */
const matchesPerFamily = 12
const start = 2_000_000_000n

/** @param seed - any text. */
export function duel(devnet: Devnet, seed: string): Duel {
  const addresses = {
    chainId: BigInt(devnet.chainId),
    assetHolder: parseBytes(devnet.contracts.assetHolder),
    app: parseBytes(devnet.contracts.app),
  }
  const keys = [1, 2, 3, 4].map(devKey)
  const people = keys.map((key) => ({ key, address: parseBytes(addressOf(key)) }))
  const ingredients: Ingredients = { ...addresses, people }
  const model: ModelAdjudicator = modelAdjudicator(realCrypto(), devnetContracts(addresses))
  const encode = rememberingEncoder()
  const sign = rememberingSigner()
  let cast: Cast | undefined

  function castOf(number: number): Cast {
    const name = `${seed}/family ${Math.floor(number / matchesPerFamily)}`
    if (cast?.family.name !== name) {
      const family = drawFamily(name, randomFrom(name), ingredients)
      cast = { family, states: statesOf(family), sign }
    }
    return cast
  }

  async function answers({ family, calls }: Match, ask: Ask): Promise<readonly Pair[]> {
    const expected = askModel(model, calls).map((outcome) => answerOf(outcome, family, start))
    const contract = await ask(devnet, encode, family, calls, start)
    return expected.map((answer, index) => [answer, contract[index] ?? { reason: 'none', updates: [], records: [] }])
  }

  /** Leaves out calls for as long as the rest is still answered differently. */
  async function shorten(match: Match, ask: Ask): Promise<Match> {
    for (const left of match.calls) {
      const shorter = { ...match, calls: match.calls.filter((call) => call !== left) }
      if ((await answers(shorter, ask)).some(differs)) return await shorten(shorter, ask)
    }
    return match
  }

  return {
    draw: async (number) => {
      const current = castOf(number)
      const calls = await drawSequence(current, model, randomFrom(`${seed}/match ${number}`), start)
      return { number, family: current.family, calls }
    },
    fight: async (match, ask = askContract) => {
      const pairs = await answers(match, ask)
      if (pairs.some(differs)) {
        const shortest = await shorten(match, ask)
        throw new Error(storyOf(seed, shortest, await answers(shortest, ask), start))
      }
      return pairs.map(([{ reason }], index) => ({ call: match.calls[index]?.call.name ?? 'register', reason }))
    },
  }
}

function differs([model, contract]: Pair): boolean {
  return JSON.stringify(model) !== JSON.stringify(contract)
}
