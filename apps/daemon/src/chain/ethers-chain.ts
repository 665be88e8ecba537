import { ethersBackend } from '@perun-watcher/chain-ethers'
import { JsonRpcProvider, Wallet } from 'ethers'
import type { OpenChain } from './open-chain.ts'

export const openEthersChain: OpenChain = async ({ rpcUrl, privateKey, ...options }) => {
  const provider = new JsonRpcProvider(rpcUrl, options.chainId, { staticNetwork: true })
  return {
    backend: ethersBackend({ ...options, provider, wallet: new Wallet(privateKey) }),
    async close() {
      provider.destroy()
    },
  }
}
