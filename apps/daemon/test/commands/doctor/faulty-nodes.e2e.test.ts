import { parseAddress } from '@perun-watcher/chain-evm'
import { systemClock } from '@perun-watcher/core/system'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainLibrary, chainNames } from '../../../src/chain/chain-libraries.ts'
import { invalidTransaction, nobodysKey } from '../../../src/chain/invalid-transaction.ts'
import type { Finding } from '../../../src/commands/doctor/finding.ts'
import { checkRpc } from '../../../src/commands/doctor/rpc-checks.ts'
import { type Fault, faultyNode } from '../../support/faulty-node.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet()
  const [alice, bob] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
  const channel = openChannel(devnet, { actors: [alice, bob], balances: [5n, 5n], challengeDuration: 600n })
  await devnet.confirm(bob.register(await channel.signed(channel.state(1n))))
  await devnet.anvil.mine()
})
afterAll(() => devnet.stop())

async function findings(library: (typeof chainNames)[number], fault: Fault): Promise<readonly Finding[]> {
  const { probe, signer } = await chainLibrary(library)
  const { client, close } = probe(await faultyNode(devnet.rpcUrl, fault), 5_000)
  const subject = {
    name: 'x',
    client,
    chainId: BigInt(devnet.chainId),
    adjudicator: parseAddress(devnet.contracts.adjudicator),
    needsTraces: true,
    invalidTransaction: (chainId: bigint) => invalidTransaction(signer(nobodysKey), chainId),
  }
  const { findings } = await checkRpc(subject, systemClock, {})
  await close()
  return findings
}

const refusing =
  (wanted: string, code: number, message: string, when: (params: readonly unknown[]) => boolean = () => true): Fault =>
  ({ method, params }) =>
    method === wanted && when(params) ? { error: { code, message } } : undefined

const answering =
  (wanted: string, change: (result: unknown) => unknown): Fault =>
  ({ method }) =>
    method === wanted ? { change } : undefined

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const without = (value: unknown, name: string): unknown =>
  Object.fromEntries(Object.entries(Object(value)).filter(([key]) => key !== name))

const noReceipts = refusing('eth_getBlockReceipts', -32_601, 'Method not found')
/** The first that has something to say. */
const both =
  (one: Fault, other: Fault): Fault =>
  (request) =>
    one(request) ?? other(request)

const faults: readonly (readonly [fault: string, Fault, check: string, status: Finding['status'], found: RegExp])[] = [
  [
    'estimateGas takes one argument',
    refusing('eth_estimateGas', -32_602, 'too many arguments, want at most 1', (params) => params.length > 1),
    'rpc.estimates x',
    'warn',
    /only where it is not said as of which block: too many arguments/,
  ],
  [
    'estimateGas is missing',
    refusing('eth_estimateGas', -32_601, 'the method eth_estimateGas does not exist/is not available'),
    'rpc.estimates x',
    'fail',
    /Does not estimate gas: the method eth_estimateGas/,
  ],
  [
    'sendRawTransaction is missing',
    refusing('eth_sendRawTransaction', -32_601, 'Method not found'),
    'rpc.sends x',
    'fail',
    /Takes no transactions: Method not found/,
  ],
  [
    'sendRawTransaction is not in the plan',
    refusing('eth_sendRawTransaction', -32_000, 'eth_sendRawTransaction is not available on the free tier'),
    'rpc.sends x',
    'fail',
    /free tier/,
  ],
  [
    'sends are swallowed',
    ({ method }) => (method === 'eth_sendRawTransaction' ? { result: `0x${'ab'.repeat(32)}` } : undefined),
    'rpc.sends x',
    'warn',
    /Accepted a transaction that no block can include/,
  ],
  [
    'traces are missing',
    refusing('debug_traceTransaction', -32_601, 'the method debug_traceTransaction does not exist'),
    'rpc.traces x',
    'fail',
    /Does not offer/,
  ],
  [
    'traces are not in the plan',
    refusing('debug_traceTransaction', -32_600, 'debug_traceTransaction is not available on your current plan'),
    'rpc.traces x',
    'fail',
    /Does not offer/,
  ],
  [
    'logs come twice',
    answering('eth_getLogs', (logs) => [...list(logs), ...list(logs)]),
    'rpc.whole_logs x',
    'fail',
    /twice/,
  ],
  ['logs are missing', answering('eth_getLogs', () => []), 'rpc.whole_logs x', 'fail', /Gives 0 of 1 logs of block/],
  [
    'logs are missing, and receipts of blocks as well',
    both(
      noReceipts,
      answering('eth_getLogs', () => []),
    ),
    'rpc.whole_logs x',
    'fail',
    /Gives 0 of 1 logs of block/,
  ],
  [
    'logs and receipts are missing',
    both(
      both(
        noReceipts,
        answering('eth_getTransactionReceipt', () => null),
      ),
      answering('eth_getLogs', () => []),
    ),
    'rpc.whole_logs x',
    'fail',
    /Gives no logs of block \d+, whose header says that it has some/,
  ],
  [
    'logs are marked as removed',
    answering('eth_getLogs', (logs) => list(logs).map((log) => ({ ...Object(log), removed: true }))),
    'rpc.whole_logs x',
    'warn',
    /odd fields/,
  ],
  [
    'blocks have no base fee',
    answering('eth_getBlockByNumber', (block) => without(block, 'baseFeePerGas')),
    'rpc.fees x',
    'warn',
    /no base fee/,
  ],
  [
    'state overrides are refused',
    refusing('eth_call', -32_602, 'too many arguments, want at most 2', (params) => params.length > 2),
    'rpc.bulk x',
    'warn',
    /no state overrides/,
  ],
  [
    'state overrides are left out of account',
    ({ method, params }) => (method === 'eth_call' && params.length > 2 ? { change: () => '0x' } : undefined),
    'rpc.bulk x',
    'warn',
    /no state overrides/,
  ],
  [
    'neither overrides nor creation code is taken',
    refusing(
      'eth_call',
      -32_602,
      'invalid params',
      ([call, , override]) => override !== undefined || Reflect.get(Object(call), 'to') === undefined,
    ),
    'rpc.bulk x',
    'warn',
    /one by one/,
  ],
  [
    'ranges are limited',
    refusing('eth_getLogs', -32_005, 'block range is too wide', ([filter]) => 'fromBlock' in Object(filter)),
    'rpc.logs x',
    'warn',
    /Refused the logs of 1000 blocks/,
  ],
]

describe.each(chainNames)('through %s', (library) => {
  test('a sound node has no complaints, and its logs were compared with its receipts', async () => {
    const found = await findings(library, () => undefined)
    expect(found.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(found.find(({ check }) => check === 'rpc.whole_logs x')?.found).toBe(
      'Gives all 1 logs of the block 1 below the newest one, by its receipts.',
    )
  })

  test.each(faults)('where %s, that is found, with what to do', async (_, fault, check, status, found) => {
    const finding = (await findings(library, fault)).find((each) => each.check === check)
    expect(finding).toMatchObject({ status, found: expect.stringMatching(found) })
    if (status !== 'ok') expect(finding?.remedy).toMatch(/\w+ .+\.$/)
  })

  test('a node that breaks off while logs are compared is still told of everything else', async () => {
    let isComparing = false
    const found = await findings(library, ({ method, params }) => {
      const [filter] = params
      if (method === 'eth_getBlockReceipts') isComparing = true
      const isWhole = method === 'eth_getLogs' && !('address' in Object(filter))
      return isWhole || isComparing ? { error: { code: -32_603, message: 'Internal error' } } : undefined
    })
    expect(found.filter(({ status }) => status === 'fail').map(({ check }) => check)).toEqual(['rpc.whole_logs x'])
    expect(found.length).toBeGreaterThan(9)
  })
})
