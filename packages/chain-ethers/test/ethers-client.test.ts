import type { EvmClient } from '@perun-watcher/chain-evm'
import { FetchRequest, JsonRpcProvider, JsonRpcSigner, Wallet } from 'ethers'
import { describe, expect, it } from 'vitest'
import { clientSuite } from '../../chain-evm/test/support/client-suite.ts'
import { failoverSuite } from '../../chain-evm/test/support/failover-suite.ts'
import { ethersClient } from '../src/ethers-client.ts'
import { ethersBackend } from '../src/index.ts'

function create(url: string): EvmClient {
  const connection = new FetchRequest(url)
  connection.setThrottleParams({ maxAttempts: 1 })
  return ethersClient(new JsonRpcProvider(connection, 1, { staticNetwork: true }))
}

clientSuite('an ethers provider', create)
failoverSuite('an ethers provider', create)

describe('the options of the ethers backend', () => {
  const provider = new JsonRpcProvider('http://127.0.0.1:1', 1, { staticNetwork: true })
  const adjudicator = `0x${'ad'.repeat(20)}` as const
  const wallet = new Wallet(`0x${'01'.repeat(32)}`)

  it('take the network of the provider', () => {
    expect(ethersBackend({ provider, wallet, adjudicator }).ledgerId).toBe(`eip155:1:${adjudicator}:v1`)
    expect(ethersBackend({ provider, wallet: [wallet], adjudicator, chainId: 5n }).ledgerId).toContain('eip155:5:')
  })

  it('take several providers, and the network of any of them', () => {
    const unknowing = new JsonRpcProvider('http://127.0.0.1:1')
    expect(ethersBackend({ provider: [unknowing, provider], wallet, adjudicator }).ledgerId).toContain('eip155:1:')
    unknowing.destroy()
    expect(() => ethersBackend({ provider: [], wallet, adjudicator, chainId: 1n })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })

  it('need a chain', () => {
    const unknowing = new JsonRpcProvider('http://127.0.0.1:1')
    expect(() => ethersBackend({ provider: unknowing, wallet, adjudicator })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
    unknowing.destroy()
  })

  it('need a wallet that signs by itself', () => {
    const signer = new JsonRpcSigner(provider, wallet.address)
    expect(() => ethersBackend({ provider, wallet: signer, adjudicator })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })
})
