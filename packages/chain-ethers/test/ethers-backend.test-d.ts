import type { EvmBackend, LowBalance } from '@perun-watcher/chain-evm'
import { BrowserProvider, HDNodeWallet, JsonRpcProvider, Wallet, WebSocketProvider } from 'ethers'
import { expectTypeOf, test } from 'vitest'
import { type EthersBackendOptions, type EthersWallet, ethersBackend } from '../src/index.ts'

declare const adjudicator: `0x${string}`
declare const privateKey: string
const provider = new JsonRpcProvider('https://node.example', 11155111, { staticNetwork: true })
const wallet = new Wallet(privateKey)

test('any provider that speaks JSON-RPC will do', () => {
  const providers = [
    provider,
    new WebSocketProvider('wss://node.example'),
    new BrowserProvider({ request: async () => 1 }),
  ]
  for (const provider of providers) {
    expectTypeOf(ethersBackend({ provider, wallet, adjudicator })).toEqualTypeOf<EvmBackend>()
  }
  // @ts-expect-error An address of a node is no provider.
  ethersBackend({ provider: 'https://node.example', wallet, adjudicator })
})

test('one wallet or several, of ethers or of your own', () => {
  const own: EthersWallet = { address: '0x', signTransaction: async () => '0x' }
  ethersBackend({ provider, wallet: HDNodeWallet.createRandom(), adjudicator })
  ethersBackend({ provider, wallet: [wallet, own], adjudicator })
  // @ts-expect-error A key alone is no wallet.
  ethersBackend({ provider, wallet: privateKey, adjudicator })
  // @ts-expect-error Somebody has to pay.
  ethersBackend({ provider, adjudicator })
})

test('the options that every backend takes', () => {
  ethersBackend({
    provider,
    wallet,
    adjudicator,
    chainId: 11155111n,
    fees: { maxFeePerGasCap: 500_000_000_000n },
    onLowBalance: (report) => expectTypeOf(report).toEqualTypeOf<LowBalance>(),
  })
  expectTypeOf<EthersBackendOptions['chainId']>().toEqualTypeOf<bigint | undefined>()
  // @ts-expect-error Chain ids are bigint, unlike a provider's `network` argument.
  ethersBackend({ provider, wallet, adjudicator, chainId: 11155111 })
  // @ts-expect-error A mistake in a name is found.
  ethersBackend({ provider, wallet, adjudicator, finality: 64 })
})
