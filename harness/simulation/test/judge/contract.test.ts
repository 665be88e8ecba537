import { parseBytes } from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import { type ModelPayout, ModelRevert, modelAdjudicator } from '@perun-watcher/core/testing'
import { addressOf, devKey } from '@perun-watcher/devnet'
import { expect, test } from 'vitest'
import type { Addresses, AdjudicatorCall } from '../../../differential/src/calls/call.ts'
import { modelLedger } from '../../../differential/src/calls/model-ledger.ts'
import { realCrypto } from '../../../differential/src/calls/real-crypto.ts'
import { drawFamily } from '../../../differential/src/draw/family.ts'
import { randomFrom } from '../../../differential/src/draw/random.ts'
import type { Cast } from '../../../differential/src/draw/scene.ts'
import { drawSequence } from '../../../differential/src/draw/sequence.ts'
import { rememberingSigner } from '../../../differential/src/draw/signing.ts'
import { statesOf } from '../../../differential/src/draw/states.ts'
import { type Contract, contract } from '../../src/judge/contract/contract.ts'
import { type Notary, rememberingNotary } from '../../src/judge/contract/notary.ts'
import type { Answer, Records } from '../../src/judge/contract/records.ts'

const sequences = 120
const perFamily = 12
const start = 2_000_000_000n

const address = (byte: string) => parseBytes(`0x${byte.repeat(20)}`)

const addresses: Addresses = {
  chainId: 1n,
  adjudicator: address('ad'),
  assetHolders: [address('55'), address('56')],
  app: address('99'),
  silentReceiver: address('01'),
  greedyReceiver: address('02'),
  talkingReceiver: address('03'),
}

const people = [1, 2, 3, 4].map(devKey).map((key) => ({ key, address: parseBytes(addressOf(key)) }))

const crypto = realCrypto()
const notary: Notary = rememberingNotary({
  channelId: crypto.channelId,
  stateHash: crypto.stateHash,
  hasSigned: (params, state, participant, signature) =>
    participant < params.participants.length &&
    crypto.signatureFault(params, state, participant, signature) === undefined,
})

function ask(judge: Contract, records: Records, call: AdjudicatorCall, now: bigint): Answer {
  switch (call.name) {
    case 'register':
      return judge.register(records, call.channel, call.subChannels, now)
    case 'progress':
      return judge.progress(records, call.move, now)
    case 'conclude':
      return judge.conclude(records, call.channel, call.subStates, now)
    case 'concludeFinal':
      return judge.concludeFinal(records, call.channel, now)
    default:
      return assertNever(call)
  }
}

function castOf(name: string): Cast {
  const family = drawFamily(name, randomFrom(name), { people, addresses })
  return { addresses, family, states: statesOf(family), sign: rememberingSigner() }
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
/** Says what is worth trying next. */
const ledger = modelLedger(addresses, crypto)

function run(records: Records, call: AdjudicatorCall, now: bigint): Records {
  switch (call.name) {
    case 'register':
      return model.register(records, call.channel, call.subChannels, now).disputes
    case 'progress':
      return model.progress(records, call.move, now).disputes
    case 'conclude':
      return model.conclude(records, call.channel, call.subStates, now).disputes
    case 'concludeFinal':
      return model.concludeFinal(records, call.channel, now).disputes
    default:
      return assertNever(call)
  }
}

function applied(records: Records, call: AdjudicatorCall, now: bigint) {
  try {
    return { reason: 'ok', disputes: run(records, call, now) }
  } catch (error) {
    if (error instanceof ModelRevert) return { reason: error.message, disputes: records }
    throw error
  }
}

/** Makes one call to both. @returns the records that both have now. */
function compare(records: Records, call: AdjudicatorCall, at: bigint, met: Set<string>, where: string): Records {
  paid = []
  const expected = applied(records, call, at)
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
    for (const { call, at } of await drawSequence(cast, ledger, randomFrom(`judge match ${number}`), start)) {
      if (!('holder' in call)) records = compare(records, call, at, met, `sequence ${number}`)
    }
  }
  const calls = ['register', 'progress', 'conclude', 'concludeFinal']
  expect([...met].sort()).toEqual(calls.flatMap((name) => [`${name} refused`, `${name} taken`]).sort())
})
