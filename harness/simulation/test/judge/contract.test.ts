import { parseBytes } from '@perun-watcher/core'
import { type ModelPayout, modelAdjudicator } from '@perun-watcher/core/testing'
import { addressOf, devKey } from '@perun-watcher/devnet'
import { expect, test } from 'vitest'
import { type Contract, contract } from '../../src/judge/contract/contract.ts'
import { type Notary, rememberingNotary } from '../../src/judge/contract/notary.ts'
import type { Answer, Records } from '../../src/judge/contract/records.ts'
import { realCrypto } from '../model/real-crypto.ts'
import { applyCall, type Call } from '../model/support/apply-call.ts'
import { drawFamily, type Ingredients } from '../model/support/family.ts'
import { randomFrom } from '../model/support/random.ts'
import { type Cast, drawSequence, type TimedCall } from '../model/support/sequence.ts'
import { rememberingSigner } from '../model/support/signing.ts'
import { statesOf } from '../model/support/states.ts'

const sequences = 120
const perFamily = 12
const start = 2_000_000_000n

const ingredients: Ingredients = {
  people: [1, 2, 3, 4].map(devKey).map((key) => ({ key, address: parseBytes(addressOf(key)) })),
  chainId: 1n,
  assetHolder: parseBytes(`0x${'55'.repeat(20)}`),
  app: parseBytes(`0x${'99'.repeat(20)}`),
}

const crypto = realCrypto()
const notary: Notary = rememberingNotary({
  channelId: crypto.channelId,
  stateHash: crypto.stateHash,
  hasSigned: (params, state, participant, signature) =>
    participant < params.participants.length &&
    crypto.signatureFault(params, state, participant, signature) === undefined,
})

function ask(judge: Contract, records: Records, call: Call, now: bigint): Answer {
  switch (call.name) {
    case 'register':
      return judge.register(records, call.channel, call.subChannels, now)
    case 'progress':
      return judge.progress(records, call.move, now)
    case 'conclude':
      return judge.conclude(records, call.channel, call.subStates, now)
    case 'concludeFinal':
      return judge.concludeFinal(records, call.channel, now)
  }
}

/** How the real contract adds up rows that are more or fewer than the assets, core's model does not follow yet (D13). */
function hasOddRows(call: Call): boolean {
  const states = call.name === 'register' ? [call.channel, ...call.subChannels].map(({ state }) => state) : []
  return states.some(({ outcome }) => outcome.balances.length !== outcome.assets.length)
}

function castOf(name: string): Cast {
  const family = drawFamily(name, randomFrom(name), ingredients)
  return { family, states: statesOf(family), sign: rememberingSigner() }
}

let paid: readonly (readonly bigint[])[] = []
const model = modelAdjudicator(crypto, {
  moveFault: () => undefined,
  holds: () => true,
  payoutFault: ({ balances }: ModelPayout) => {
    paid = [...paid, balances]
    return undefined
  },
})
const judge = contract(notary)

/** Makes one call to both. @returns the records that both have now. */
function compare(records: Records, { call, at }: TimedCall, met: Set<string>, where: string): Records {
  paid = []
  const expected = applyCall(model, records, call, at)
  const answer = ask(judge, records, call, at)
  met.add(`${call.name} ${answer.type}`)
  const saying = `${where}, ${call.name} at ${at}: ${expected.reason} / ${answer.type === 'taken' ? 'ok' : answer.rule}`
  expect(answer.type === 'taken', saying).toBe(expected.reason === 'ok')
  if (answer.type === 'refused') return records
  expect([...answer.records], saying).toEqual([...expected.disputes])
  if (answer.outcome !== undefined) expect(answer.outcome, saying).toEqual(paid)
  return answer.records
}

test("the judge's reading of the contract and core's model agree on random calls", async () => {
  const met = new Set<string>()
  let cast = castOf('judge 0')
  for (let number = 0; number < sequences; number++) {
    if (number % perFamily === 0) cast = castOf(`judge ${number / perFamily}`)
    let records: Records = new Map()
    for (const timed of await drawSequence(cast, model, randomFrom(`judge match ${number}`), start)) {
      if (!hasOddRows(timed.call)) records = compare(records, timed, met, `sequence ${number}`)
    }
  }
  const calls = ['register', 'progress', 'conclude', 'concludeFinal']
  expect([...met].sort()).toEqual(calls.flatMap((name) => [`${name} refused`, `${name} taken`]).sort())
})
