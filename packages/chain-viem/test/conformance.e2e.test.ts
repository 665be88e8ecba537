import { chainKit } from '@perun-watcher/conformance/chain'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { devnetPlace } from '../../chain-evm/test/support/devnet-place.ts'
import { viemBackend } from '../src/index.ts'

let devnet: Devnet

beforeAll(async () => {
  devnet = await startDevnet()
})
afterAll(() => devnet.stop())

chainKit({
  describe,
  it,
  name: 'viemBackend',
  place: devnetPlace(
    () => devnet,
    ({ rpcUrl, privateKey, ...options }) =>
      viemBackend({
        ...options,
        client: createPublicClient({ transport: http(rpcUrl) }),
        account: privateKeyToAccount(privateKey),
      }),
  ),
  canMismatch: true,
  canBreak: true,
  canReorg: true,
})
