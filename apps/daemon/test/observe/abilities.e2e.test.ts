import { chainUnreachable, type EvmClient, parseAddress, rpcRefused } from '@perun-watcher/chain-evm'
import type { Clock } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { addressOf, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainLibrary, chainNames } from '../../src/chain/chain-libraries.ts'
import { invalidTransaction, nobodysKey } from '../../src/chain/invalid-transaction.ts'
import { type AbilityName, abilities } from '../../src/observe/abilities.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet()
})
afterAll(() => devnet.stop())

type Fault = (method: string, params: readonly unknown[]) => Error | undefined

const refusal = (method: string, code: number, message: string): Error =>
  rpcRefused(method, { code, message, data: undefined })

/** A real node behind something that refuses, as long as there is a fault. */
async function world(
  library: (typeof chainNames)[number],
  { needsTraces = true, clock = systemClock }: { readonly needsTraces?: boolean; readonly clock?: Clock } = {},
) {
  const { probe, signer } = await chainLibrary(library)
  const { client: node, close } = probe(devnet.rpcUrl, 5_000)
  const faults: { current: Fault } = { current: () => undefined }
  const asked: string[] = []
  const client: EvmClient = {
    async request(method, params, options) {
      asked.push(method)
      const error = faults.current(method, params)
      if (error !== undefined) throw error
      return await node.request(method, params, options)
    },
  }
  const tried = abilities({
    client,
    account: parseAddress(addressOf(devKey(1))),
    invalidTransaction: () => invalidTransaction(signer(nobodysKey), BigInt(devnet.chainId)),
    needsTraces: () => needsTraces,
    clock,
    logger: silentLogger,
  })
  return { tried, faults, asked, close, lacking: () => tried.lacking.map(({ ability }) => ability) }
}

const only =
  (wanted: string, error: (method: string) => Error): Fault =>
  (method) =>
    method === wanted ? error(method) : undefined

const all: readonly (readonly [AbilityName, string, Fault])[] = [
  ['sends', 'method is not there', only('eth_sendRawTransaction', (m) => refusal(m, -32_601, 'Method not found'))],
  [
    'sends',
    'plan does not include it',
    only('eth_sendRawTransaction', (m) =>
      refusal(m, -32_000, 'eth_sendRawTransaction is not available on the free tier'),
    ),
  ],
  ['sends', 'node breaks', only('eth_sendRawTransaction', (m) => refusal(m, -32_603, 'Internal error'))],
  ['sends', 'answer is none', only('eth_sendRawTransaction', (m) => chainUnreachable(m, 'timeout'))],
  [
    'estimates',
    'method is not there',
    only('eth_estimateGas', (m) => refusal(m, -32_601, 'the method does not exist')),
  ],
  ['estimates', 'tracer times out', only('eth_estimateGas', (m) => chainUnreachable(m, 'timeout'))],
  ['traces', 'method is not there', only('debug_traceTransaction', (m) => refusal(m, -32_601, 'Method not found'))],
  [
    'traces',
    'method is not in the plan',
    only('debug_traceTransaction', (m) => refusal(m, -32_600, 'debug_traceTransaction is not available on your plan')),
  ],
]

describe.each(chainNames)('through %s', (library) => {
  test('a sound node lacks nothing, and says what a block asks for; nothing is sent that could be included', async () => {
    const { tried, lacking, close } = await world(library)
    const block = await devnet.client.getBlockNumber()
    for (let look = 0; look < 6; look++) await tried.look()
    expect(lacking()).toEqual([])
    expect(tried.baseFee).toBeGreaterThan(0n)
    expect(await devnet.client.getBlockNumber()).toBe(block)
    await close()
  })

  test.each(all)(
    '%s: where the %s it is told after the second time, and no more once it is mended',
    async (ability, _, fault) => {
      const { tried, faults, lacking, close } = await world(library)
      faults.current = fault
      await tried.look()
      expect(lacking()).toEqual([])
      await tried.look()
      expect(lacking()).toEqual([ability])
      faults.current = () => undefined
      await tried.look()
      expect(lacking()).toEqual([])
      // One failure by itself is chance.
      faults.current = fault
      await tried.look()
      faults.current = () => undefined
      await tried.look()
      expect(lacking()).toEqual([])
      await close()
    },
  )

  test('a sound node is looked at seldom, and one in doubt soon again', async () => {
    const pauses: number[] = []
    const life = new AbortController()
    let onPause = (): void => undefined
    const clock: Clock = {
      now: () => 0,
      async sleep(ms, { signal } = {}) {
        pauses.push(ms)
        onPause()
        signal?.throwIfAborted()
      },
    }
    const { tried, faults, close } = await world(library, { clock })
    onPause = () => {
      faults.current =
        pauses.length === 2 ? only('eth_estimateGas', (m) => chainUnreachable(m, 'timeout')) : () => undefined
      if (pauses.length === 4) life.abort(new Error('enough was seen'))
    }
    await expect(tried.keepLooking(life.signal)).rejects.toThrow('enough was seen')
    expect(pauses).toEqual([120_000, 120_000, 10_000, 120_000])
    await close()
  })

  test('a node that takes one argument estimates well enough', async () => {
    const { tried, faults, lacking, close } = await world(library)
    faults.current = (method, params) =>
      method === 'eth_estimateGas' && params.length > 1
        ? refusal(method, -32_602, 'too many arguments, want at most 1')
        : undefined
    await tried.look()
    await tried.look()
    expect(lacking()).toEqual([])
    await close()
  })

  test('traces are not asked for where no channel needs them', async () => {
    const { tried, faults, asked, lacking, close } = await world(library, { needsTraces: false })
    faults.current = only('debug_traceTransaction', (m) => refusal(m, -32_601, 'Method not found'))
    await tried.look()
    await tried.look()
    expect(lacking()).toEqual([])
    expect(asked).not.toContain('debug_traceTransaction')
    await close()
  })
})
