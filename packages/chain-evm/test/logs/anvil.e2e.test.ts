import assert from 'node:assert/strict'
import type { BlockStep, ChainStep } from '@perun-watcher/core/adapter'
import { silentLogger } from '@perun-watcher/core/adapter'
import { type Actor, createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelUpdateTopic } from '../../src/codec/v1-abi.ts'
import { type Address, type EvmClient, parseAddress } from '../../src/index.ts'
import { bloomTest } from '../../src/logs/bloom.ts'
import { type ChainReader, chainReader } from '../../src/logs/chain-reader.ts'
import { follow } from '../../src/logs/follow.ts'
import { quickClock } from '../support/clocks.ts'
import { httpClient } from '../transactions/support/rpc.ts'
import { Replay } from './replay.ts'

let devnet: Devnet
let alice: Actor
let adjudicator: Address
let client: EvmClient
let reader: ChainReader
const calls: string[] = []

beforeAll(async () => {
  devnet = await startDevnet({ automine: false })
  alice = await createActor(devnet, devKey(1))
  adjudicator = parseAddress(devnet.contracts.adjudicator)
  const node = httpClient(devnet.rpcUrl)
  client = {
    request(method, params, options) {
      calls.push(method)
      return node.request(method, params, options)
    },
  }
  reader = chainReader(client, adjudicator)
})
afterAll(() => devnet.stop())

async function register(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const channel = openChannel(devnet, { actors: [alice, alice], balances: [1n, 2n], challengeDuration: 60n })
    await alice.register(await channel.signed(channel.state(1n)))
  }
  await devnet.anvil.mine()
}

/** A small generator of numbers below `n`, so that a failing run can be repeated. */
function numbers(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * n)
  }
}

describe('the log stream of a real node', () => {
  it('follows it through reorgs, with two requests per block without one', async () => {
    const finalityDepth = 6
    const { number: fromBlock } = await reader.latest()
    const stream = follow(
      { fromBlock, finalityDepth, pollIntervalMs: 10 },
      {
        reader,
        watchHeads: undefined,
        clock: quickClock(),
        random: () => 0.5,
        logger: silentLogger,
        onStep: () => undefined,
        onReset: () => undefined,
      },
    )
    const steps: AsyncIterator<ChainStep> = stream[Symbol.asyncIterator]()
    const replay = new Replay()
    const next = async (): Promise<BlockStep> => {
      const { value, done } = await steps.next()
      assert.ok(done !== true && value.type === 'block')
      replay.apply(value)
      return value
    }
    await next()

    calls.length = 0
    for (let i = 0; i < 8; i++) {
      await register(i % 3)
      await next()
    }
    expect(calls.filter((method) => !method.includes('range'))).toHaveLength(16)

    const below = numbers(7)
    for (let round = 0; round < 12; round++) {
      const { number } = await reader.latest()
      await devnet.anvil.reorg(1 + below(finalityDepth - 1))
      for (let i = below(3); i >= 0; i--) await register(below(3))
      const head = await reader.latest()
      assert.ok(head.number > number)
      while ((await next()).head.hash !== head.hash);
      expect(replay.logs).toEqual((await reader.logsOfRange(fromBlock, head.number)).logs)
    }
    await stream.close()
  })

  it('finds every log by the filter of its block', async () => {
    const mayHoldLogs = bloomTest([adjudicator, channelUpdateTopic])
    await register(2)
    const full = await reader.latest()
    await register(0)
    const empty = await reader.latest()
    assert.ok(full.logsBloom !== undefined && empty.logsBloom !== undefined)
    expect([mayHoldLogs(full.logsBloom), mayHoldLogs(empty.logsBloom)]).toEqual([true, false])
    expect((await reader.logsOfBlock(full)).logs).toHaveLength(2)
    expect((await reader.logsOfBlock(empty)).logs).toHaveLength(0)
  })

  it('tells a block that a reorg took out from one without logs', async () => {
    await register(1)
    const lost = await reader.latest()
    await devnet.anvil.reorg(1)
    await expect(reader.logsOfBlock(lost)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  })
})
