import { type EvmClient, parseAddress } from '@perun-watcher/chain-evm'
import { silentLogger } from '@perun-watcher/core/adapter'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { viemChain } from '../../../src/chain/viem-chain.ts'
import { type CrossCheck, endpointCrossCheck } from '../../../src/observe/cross-check/cross-check.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet({ secondsPerBlock: 12 })
})
afterAll(() => devnet.stop())

/** What a node answers in the place of the truth. */
type Lie = (method: string, truth: unknown) => unknown

const honest: Lie = (_, truth) => truth
const silent: Lie = () => {
  throw new Error('no answer')
}
const withoutLogs: Lie = (method, truth) => (method === 'eth_getLogs' ? [] : truth)

interface World {
  readonly check: CrossCheck
  /** What the second endpoint answers from now on. */
  becomes(lie: Lie): void
  readonly logged: string[]
  /** Methods that the second endpoint was asked for. */
  readonly asked: string[]
}

function world(): World {
  let lie = honest
  const logged: string[] = []
  const asked: string[] = []
  const node = viemChain.probe(devnet.rpcUrl, 5_000).client
  const second: EvmClient = {
    async request(method, params, options) {
      asked.push(method)
      return lie(method, await node.request(method, params, options))
    },
  }
  const check = endpointCrossCheck({
    endpoints: [
      { name: 'one', client: node },
      { name: 'two', client: second },
    ],
    adjudicator: parseAddress(devnet.contracts.adjudicator),
    maxLagSeconds: 60,
    clock: { now: () => 0, sleep: async () => {} },
    logger: {
      ...silentLogger,
      info: (message) => void logged.push(message),
      error: (message) => void logged.push(message),
    },
  })
  return {
    check,
    logged,
    asked,
    becomes(next) {
      lie = next
    },
  }
}

/** Something that a liar could keep back, below the blocks that may still be replaced. */
async function registration(): Promise<void> {
  const actors = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))] as const
  const balances = [parseEther('1'), parseEther('1')]
  const channel = openChannel(devnet, { actors, balances, challengeDuration: 600n })
  await devnet.confirm(actors[1].register(await channel.signed(channel.state(0n))))
  await devnet.anvil.mine({ blocks: 4 })
}

async function twice({ check }: World): Promise<readonly string[]> {
  await check.look()
  await check.look()
  return check.disagreements
}

test('an endpoint that keeps a log back is noticed, as long as it does, however many blocks pass', async () => {
  const there = world()
  await twice(there)
  await registration()
  there.becomes(withoutLogs)
  await there.check.look()
  // Once may be chance.
  expect(there.check.disagreements).toEqual([])
  await there.check.look()
  expect(there.check.disagreements).toEqual([
    expect.stringMatching(/^The logs of blocks \d+ to \d+ are 1 logs at one, but 0 logs at two\.$/),
  ])
  await devnet.anvil.mine({ blocks: 50 })
  expect(await twice(there)).toHaveLength(1)
  there.becomes(silent)
  expect(await twice(there)).toHaveLength(1)
  there.becomes(honest)
  expect(await twice(there)).toEqual([])
  expect(there.logged).toEqual([
    'The RPC endpoints disagree: one of them lags or lies',
    'The RPC endpoints agree again',
  ])
})

test('an endpoint with other blocks is noticed', async () => {
  const there = world()
  there.becomes((method, truth) =>
    method === 'eth_getBlockByNumber' ? { ...Object(truth), hash: `0x${'ab'.repeat(32)}` } : truth,
  )
  expect(await twice(there)).toEqual([
    expect.stringMatching(/^Block \d+ is 0x[0-9a-f]{64} at one, but 0x(?:ab){32} at two/),
  ])
})

test('an endpoint whose newest block is old is noticed, and keeps the others from nothing', async () => {
  const there = world()
  const old = await devnet.client.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })
  await devnet.anvil.mine({ blocks: 6 })
  there.becomes((method, truth) => (method === 'eth_getBlockByNumber' ? old : truth))
  expect(await twice(there)).toEqual(['The newest block of two is more than 60 s older than another one.'])
})

test('one that does not answer is no disagreement: there is a metric for that', async () => {
  const there = world()
  there.becomes(silent)
  expect(await twice(there)).toEqual([])
})

test('without a new block nothing is asked for but the heads, and what was agreed stays agreed', async () => {
  const there = world()
  await there.check.look()
  expect(there.asked).toContain('eth_getLogs')
  there.asked.length = 0
  await there.check.look()
  expect(there.asked).toEqual(['eth_getBlockByNumber'])
  expect(there.check.disagreements).toEqual([])
})

test('an endpoint that lagged and catches up before there is a new block is in agreement again', async () => {
  const there = world()
  await there.check.look()
  there.becomes((method, truth) => (method === 'eth_getBlockByNumber' ? { ...Object(truth), timestamp: '0x1' } : truth))
  expect(await twice(there)).toHaveLength(1)
  there.becomes(honest)
  await there.check.look()
  expect(there.check.disagreements).toEqual([])
  expect(there.logged.at(-1)).toBe('The RPC endpoints agree again')
})

test('the signal ends it', async () => {
  await expect(world().check.keepLooking(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
