import { viemBackend } from '@perun-watcher/chain-viem'
import { createClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { OpenChain } from './open-chain.ts'

export const openViemChain: OpenChain = async ({ rpcUrl, privateKey, ...options }) => ({
  backend: viemBackend({
    ...options,
    client: createClient({ transport: http(rpcUrl) }),
    account: privateKeyToAccount(privateKey),
  }),
  async close() {},
})
