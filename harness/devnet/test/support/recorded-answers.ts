import { encodeFunctionData, type Hex, isAddressEqual, size } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adjudicatorAbi } from '../../src/abi.ts'
import { type Actor, createActor } from '../../src/actor.ts'
import { channelId, encodeState, stateHash } from '../../src/codec.ts'
import { type Devnet, type DevnetOptions, startDevnet } from '../../src/devnet.ts'
import { devKey } from '../../src/keys.ts'
import { readChannelUpdates } from '../../src/reads.ts'
import { TransactionReverted } from '../../src/transactions.ts'
import { type Expectation, loadVectors, type StepCall } from '../../src/vectors.ts'

const vectors = loadVectors()
// Every scenario starts anew at this chain time; the chain itself began a little earlier.
const start = 2_000_000_000

type Result = { ok: true; events: (Expectation & { ok: true })['events'] } | { ok: false; revert: string }

/** What was recorded of Perun's own contracts once. @param code - the contracts that have to say the same. */
export function answersAsRecorded(code: NonNullable<DevnetOptions['code']>): void {
  let devnet: Devnet
  let anybody: Actor
  let deployed: Hex

  beforeAll(async () => {
    devnet = await startDevnet({ automine: false, timestamp: start - 1000, code })
    anybody = await createActor(devnet, devKey(1))
  })
  afterAll(() => devnet?.stop())
  beforeEach(async () => {
    deployed = await devnet.anvil.snapshot()
  })
  afterEach(() => devnet.anvil.revert(deployed))

  test('the contracts have the recorded addresses', () => {
    expect(isAddressEqual(devnet.contracts.assetHolder, vectors.contracts.assetHolder)).toBe(true)
    expect(isAddressEqual(devnet.contracts.app, vectors.contracts.app)).toBe(true)
  })

  test.each(vectors.channelIds)('channel id $channelID', async ({ params, channelID }) => {
    expect(channelId(params)).toBe(channelID)
    const answer = await devnet.client.readContract({ ...adjudicator(), functionName: 'channelID', args: [params] })
    expect(answer).toBe(channelID)
  })

  test.each(vectors.stateHashes)('state hash $stateHash', async ({ state, encodedLength, stateHash: recorded }) => {
    expect(stateHash(state)).toBe(recorded)
    expect(size(encodeState(state))).toBe(encodedLength)
    const answer = await devnet.client.readContract({ ...adjudicator(), functionName: 'hashState', args: [state] })
    expect(answer).toBe(recorded)
  })

  test.each(vectors.signatures)('signatures: $name', async ({ accepted, ...channel }) => {
    const result = await run({ call: 'register', args: [channel, []] }, 0)
    expect(result.ok).toBe(accepted)
  })

  describe('scenario', () => {
    test.each(vectors.scenarios)('$name', async ({ steps }) => {
      for (const { at, expect: recorded, ...call } of steps) {
        const { gasUsed: _ignored, ...expected } = { gasUsed: undefined, ...recorded }
        expect(await run(call, at), `${call.call} at ${at}`).toEqual(expected)
      }
    })
  })

  const adjudicator = () => ({ address: devnet.contracts.adjudicator, abi: adjudicatorAbi })

  /** Makes one call in a block of its own, so many seconds after the start. */
  async function run(call: StepCall, at: number): Promise<Result> {
    const sent = await anybody.send({ to: devnet.contracts.adjudicator, data: encode(call) })
    await devnet.anvil.mine({ timestamp: start + at })
    try {
      const { blockNumber } = await sent.wait()
      const updates = await readChannelUpdates(devnet, { fromBlock: blockNumber })
      const events = updates.map(({ channelID, version, phase, timeout }) => ({
        channelID,
        version,
        phase,
        timeout: timeout - BigInt(start),
      }))
      return { ok: true, events }
    } catch (error) {
      if (error instanceof TransactionReverted) return { ok: false, revert: error.reason }
      throw error
    }
  }
}

function encode(step: StepCall): Hex {
  const abi = adjudicatorAbi
  switch (step.call) {
    case 'register':
      return encodeFunctionData({ abi, functionName: step.call, args: step.args })
    case 'progress':
      return encodeFunctionData({ abi, functionName: step.call, args: step.args })
    case 'conclude':
      return encodeFunctionData({ abi, functionName: step.call, args: step.args })
    case 'concludeFinal':
      return encodeFunctionData({ abi, functionName: step.call, args: step.args })
  }
}
