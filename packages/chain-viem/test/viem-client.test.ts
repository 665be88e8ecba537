import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { rpcFailure } from '@perun-watcher/chain-evm/internal'
import { createClient, createPublicClient, custom, http, type LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { mainnet } from 'viem/chains'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { clientSuite } from '../../chain-evm/test/support/client-suite.ts'
import { failoverSuite } from '../../chain-evm/test/support/failover-suite.ts'
import { viemBackend } from '../src/index.ts'
import { viemClient } from '../src/viem-client.ts'

clientSuite('a viem client', (url) => viemClient(createClient({ transport: http(url) })))
failoverSuite('a viem client', (url) => viemClient(createClient({ transport: http(url) })))

test('an answer beyond the limit of viem was asked for too much at once', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'x'.repeat(5_000) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const transport = http(`http://127.0.0.1:${address.port}`, { maxResponseBodySize: 1_000 })
  const reading = viemClient(createClient({ transport })).request('eth_getLogs', [{}])
  const thrown: unknown = await reading.catch((error: unknown) => error)
  expect(rpcFailure('eth_getLogs', thrown)).toBe('size')
})

describe('the options of the viem backend', () => {
  const transport = custom({ request: () => Promise.reject(new Error('no network')) })
  const adjudicator = `0x${'ad'.repeat(20)}` as const
  const account = privateKeyToAccount(`0x${'01'.repeat(32)}`)

  it('take the chain of the client, and any client', () => {
    const client = createPublicClient({ chain: mainnet, transport })
    expect(viemBackend({ client, account, adjudicator }).ledgerId).toBe(`eip155:1:${adjudicator}:v1`)
    expect(viemBackend({ client, account: [account], adjudicator, chainId: 5n }).ledgerId).toContain('eip155:5:')
  })

  it('take several clients, and the chain of any of them', () => {
    const clients = [createClient({ transport }), createPublicClient({ chain: mainnet, transport })]
    expect(viemBackend({ client: clients, account, adjudicator }).ledgerId).toContain('eip155:1:')
    expect(() => viemBackend({ client: [], account, adjudicator, chainId: 1n })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })

  it('need a chain', () => {
    const client = createClient({ transport })
    expect(() => viemBackend({ client, account, adjudicator })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })

  it('need an account that signs by itself', () => {
    const client = createPublicClient({ chain: mainnet, transport })
    const wrong: readonly unknown[] = [{ address: account.address, type: 'json-rpc' }, account.address]
    for (const value of wrong) {
      // What a caller without types may do.
      const create = (): unknown => viemBackend({ client, account: value as LocalAccount, adjudicator })
      expect(create).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
  })
})
