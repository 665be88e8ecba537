import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import { paramsFromAbi, phaseFromNumber, stateFromAbi } from '@perun-watcher/chain-evm/internal'
import { parseBytes } from '@perun-watcher/core'
import { type Expectation, loadVectors, type StepCall } from '@perun-watcher/devnet'
import { describe, expect, test } from 'vitest'
import type { Call } from '../src/calls/call.ts'
import { type Answered, emptyWorld, modelLedger } from '../src/calls/model-ledger.ts'
import { realCrypto } from '../src/calls/real-crypto.ts'

// What Perun's own adjudicator answered, call by call, is what the model must answer.

const vectors = loadVectors()
const start = 2_000_000_000n
const assetHolder = parseBytes(vectors.contracts.assetHolder)
const nobody = parseBytes(`0x${'00'.repeat(20)}`)
const crypto = realCrypto()
const model = modelLedger(
  {
    chainId: 31337n,
    adjudicator: nobody,
    etherHolders: [assetHolder, assetHolder],
    token: nobody,
    tokenHolder: nobody,
    app: parseBytes(vectors.contracts.app),
    silentReceiver: nobody,
    greedyReceiver: nobody,
    talkingReceiver: nobody,
  },
  crypto,
)

// What is recorded may grow or shrink; without these, tests that are made from it could be none.
describe('the recording holds', () => {
  const steps = vectors.scenarios.flatMap((scenario) => scenario.steps)

  test.each<StepCall['call']>(['register', 'progress', 'conclude', 'concludeFinal'])(
    'calls of %s that succeed and calls that are refused',
    (call) => {
      const outcomes = steps.filter((step) => step.call === call).map((step) => step.expect.ok)
      expect(new Set(outcomes)).toEqual(new Set([true, false]))
    },
  )

  test('signatures that are accepted and signatures that are not, channel ids and state hashes', () => {
    expect(new Set(vectors.signatures.map(({ accepted }) => accepted))).toEqual(new Set([true, false]))
    expect(vectors.channelIds).not.toEqual([])
    expect(vectors.stateHashes).not.toEqual([])
  })
})

test.each(vectors.channelIds)('channel id $channelID', ({ params, channelID }) => {
  expect(crypto.channelId(paramsFromAbi(params))).toBe(channelID)
})

test.each(vectors.stateHashes)('state hash $stateHash', ({ state, stateHash }) => {
  expect(crypto.stateHash(stateFromAbi(state))).toBe(stateHash)
})

test.each(vectors.signatures)('signatures: $name', ({ accepted, ...channel }) => {
  const call: Call = { name: 'register', channel: signedStateFromAbi(channel), subChannels: [] }
  expect(model.apply(emptyWorld, call, start).reason === 'ok').toBe(accepted)
})

describe('scenario', () => {
  test.each(vectors.scenarios)('$name', ({ steps }) => {
    let world = emptyWorld
    for (const { at, expect: recorded, ...step } of steps) {
      const outcome = model.apply(world, callOf(step), start + BigInt(at))
      expect(answerOf(outcome), `${step.call} at ${at}`).toEqual(expectedOf(recorded))
      world = outcome.world
    }
  })
})

function callOf(step: StepCall): Call {
  switch (step.call) {
    case 'register': {
      const [channel, subChannels] = step.args
      return { name: step.call, channel: signedStateFromAbi(channel), subChannels: subChannels.map(signedStateFromAbi) }
    }
    case 'progress': {
      const [params, stateOld, state, actorIdx, sig] = step.args
      const states = { stateOld: stateFromAbi(stateOld), state: stateFromAbi(state) }
      return { name: step.call, move: { params: paramsFromAbi(params), ...states, actorIdx: Number(actorIdx), sig } }
    }
    case 'conclude': {
      const [params, state, subStates] = step.args
      const channel = { params: paramsFromAbi(params), state: stateFromAbi(state) }
      return { name: step.call, channel, subStates: subStates.map(stateFromAbi) }
    }
    case 'concludeFinal': {
      const [params, state, sigs] = step.args
      return { name: step.call, channel: signedStateFromAbi({ params, state, sigs }) }
    }
  }
}

function answerOf({ reason, updates }: Answered): unknown {
  return { reason, updates: updates.map((update) => ({ ...update, timeout: update.timeout - start })) }
}

function expectedOf(recorded: Expectation): unknown {
  if (!recorded.ok) return { reason: recorded.revert, updates: [] }
  const updates = recorded.events.map(({ channelID: channelId, version, phase, timeout }) => {
    return { channelId, version, phase: phaseFromNumber(phase), timeout }
  })
  return { reason: 'ok', updates }
}
