import { chainKit } from '@perun-watcher/conformance/chain'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { JsonRpcProvider, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { devnetPlace } from '../../chain-evm/test/support/devnet-place.ts'
import { ethersBackend } from '../src/index.ts'

let devnet: Devnet

beforeAll(async () => {
  devnet = await startDevnet()
})
afterAll(() => devnet.stop())

chainKit({
  describe,
  it,
  name: 'ethersBackend',
  place: devnetPlace(
    () => devnet,
    ({ rpcUrl, privateKey, ...options }) =>
      ethersBackend({
        ...options,
        provider: new JsonRpcProvider(rpcUrl, Number(options.chainId), { staticNetwork: true }),
        wallet: new Wallet(privateKey),
      }),
  ),
  canMismatch: true,
  canBreak: true,
  canReorg: true,
})
