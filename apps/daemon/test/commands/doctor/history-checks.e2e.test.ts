import { type EvmClient, parseAddress, rpcRefused } from '@perun-watcher/chain-evm'
import { parseBlock } from '@perun-watcher/chain-evm/internal'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { viemChain } from '../../../src/chain/viem-chain.ts'
import { type AdjudicatorPlace, checkBlockByHash, checkHistory } from '../../../src/commands/doctor/history-checks.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet()
  await devnet.anvil.mine({ blocks: 120, secondsPerBlock: 60 })
})
afterAll(() => devnet.stop())

type IsRefused = (method: string, params: readonly unknown[]) => boolean

/** The adjudicator as a node shows it that does not offer everything. */
async function place(isRefused: IsRefused): Promise<AdjudicatorPlace> {
  const node = viemChain.probe(devnet.rpcUrl, 5_000).client
  const client: EvmClient = {
    async request(method, params, options) {
      if (!isRefused(method, params)) return await node.request(method, params, options)
      throw rpcRefused(method, { code: -32_000, message: 'not here', data: undefined })
    },
  }
  return {
    name: 'x',
    client,
    adjudicator: parseAddress(devnet.contracts.adjudicator),
    head: parseBlock(await node.request('eth_getBlockByNumber', ['latest', false])),
  }
}

const everything: IsRefused = () => false

test('a node gives logs and state by the hash of a block', async () => {
  expect(await checkBlockByHash(await place(everything), {})).toMatchObject({ check: 'rpc.blocks x', status: 'ok' })
})

test.each([
  ['eth_getLogs', 'logs'],
  ['eth_call', 'state'],
])('a node that refuses %s by the hash of a block is of no use', async (refused, what) => {
  const isRefused: IsRefused = (method, params) => method === refused && JSON.stringify(params).includes('blockHash')
  expect(await checkBlockByHash(await place(isRefused), {})).toMatchObject({
    status: 'fail',
    found: `Refused the ${what} of a block by hash: not here`,
    remedy: expect.stringContaining('another endpoint'),
  })
})

const depths = [10_000n, 100n, 10n]

/** Whether it is about a block that is older than that many blocks. */
function older(blocks: number): IsRefused {
  return (_, params) =>
    [...JSON.stringify(params).matchAll(/"(0x[0-9a-f]{1,8})"/g)].some(([, at = '']) => Number(at) < 120 - blocks)
}

test('how far back a node has logs is told, in blocks and time', async () => {
  expect(await checkHistory(await place(everything), {}, depths)).toEqual({
    check: 'rpc.history x',
    status: 'ok',
    found: 'Has the logs of 100 blocks, 1 h 40 min.',
  })
})

test.each([
  ['a node without old logs', 'eth_getLogs'],
  ['a node without old blocks', 'eth_getBlockByNumber'],
])('%s says so, with what it means', async (_, refused) => {
  const pruned =
    (blocks: number): IsRefused =>
    (method, params) =>
      method === refused && older(blocks)(method, params)
  expect(await checkHistory(await place(pruned(50)), {}, depths)).toMatchObject({
    status: 'warn',
    found: 'Has the logs of 10 blocks, 10 min. It refused older ones.',
    remedy: expect.stringContaining('disputes that are still open are found all the same'),
  })
  expect(await checkHistory(await place(pruned(5)), {}, depths)).toMatchObject({
    status: 'warn',
    found: 'Has no logs older than 10 blocks.',
  })
})
