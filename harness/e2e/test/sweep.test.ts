import { type EvmClient, type EvmSigner, evmBackend, parseAddress, rpcRefused } from '@perun-watcher/chain-evm'
import { memoryStore, parseBytes, watcherEngine } from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { serializeTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestChain, type TestChain, watcherAccount } from '../src/world/test-chain.ts'
import { until } from '../src/world/until.ts'

let chain: TestChain
beforeAll(async () => {
  chain = await startTestChain()
})
afterAll(() => chain?.[Symbol.asyncDispose]())

/** An endpoint that knows of no log, and says so of every block; with or without state overrides. */
function logless(url: string, takesOverrides: boolean): EvmClient & { readonly overrides: number } {
  let overrides = 0
  return {
    get overrides() {
      return overrides
    },
    async request(method, params) {
      if (method === 'eth_getLogs') return []
      if (method === 'eth_call' && params.length > 2) {
        overrides += 1
        if (!takesOverrides) throw rpcRefused(method, { code: -32602, message: 'too many arguments', data: undefined })
      }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      const { result, error } = JSON.parse(await response.text())
      if (error !== undefined) throw rpcRefused(method, { code: error.code, message: error.message, data: error.data })
      return result?.logsBloom === undefined ? result : { ...result, logsBloom: `0x${'00'.repeat(256)}` }
    },
  }
}

function signerOf(key: typeof watcherAccount): EvmSigner {
  const account = privateKeyToAccount(key)
  return {
    address: parseAddress(account.address),
    signTransaction: async ({ chainId, nonce, ...rest }) =>
      parseBytes(
        await account.signTransaction(
          { ...rest, type: 'eip1559', chainId: Number(chainId), nonce: Number(nonce) },
          { serializer: serializeTransaction },
        ),
      ),
  }
}

/** In seconds: a quarter of it is what the sweep waits for, and the answer has to be there before its end. */
const challengeDuration = 100n

describe('a node that never gives a log', () => {
  it.each([
    ['takes state overrides', true],
    ['takes none', false],
  ])('and %s hides no cheat', { timeout: 120_000 }, async (_, takesOverrides) => {
    const { rpcUrl, contracts, chainId } = chain.devnet
    const client = logless(rpcUrl, takesOverrides)
    const backend = evmBackend({
      client,
      signers: [signerOf(watcherAccount)],
      adjudicator: contracts.adjudicator,
      chainId: BigInt(chainId),
      pollIntervalMs: 250,
    })
    await using engine = watcherEngine({
      chain: backend,
      store: memoryStore(),
      clock: systemClock,
      random: systemRandom,
    })
    await engine.start()
    const channel = chain.openChannel(challengeDuration)
    const told: string[] = []
    const sink = { push: ({ type }: { readonly type: string }) => void told.push(type), end() {} }
    const watch = await engine.startWatching(await channel.state(0n), sink)
    for (let version = 1n; version <= 3n; version++) await watch.publish(await channel.state(version))
    await channel.cheat(1n)
    await channel.defended(3n)
    await until('the client to hear of it', () => told.includes('registered') || undefined)
    expect(engine.stats.foundBySweep).toBe(1)
    expect(client.overrides).toBeGreaterThan(0)
  })
})
