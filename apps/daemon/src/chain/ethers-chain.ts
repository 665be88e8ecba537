import { ethersClient, ethersSigner } from '@perun-watcher/chain-ethers/internal'
import { FetchRequest, JsonRpcProvider, Wallet } from 'ethers'
import type { ChainLibrary, Connection } from './chain-opener.ts'

function connect(url: string, chainId: bigint, timeoutMs: number): Connection {
  const request = new FetchRequest(url)
  request.timeout = timeoutMs
  // Fail over from a node that throttles; by default ethers would keep asking it.
  request.setThrottleParams({ maxAttempts: 1 })
  const provider = new JsonRpcProvider(request, chainId, { staticNetwork: true })
  return {
    url,
    client: ethersClient(provider),
    async close() {
      provider.destroy()
    },
  }
}

export const ethersChain: ChainLibrary = {
  connect,
  // Given a chain id, ethers does not ask for it; a provider that only sends requests does not use it otherwise.
  probe: (url, timeoutMs) => connect(url, 1n, timeoutMs),
  signer: (privateKey) => ethersSigner(new Wallet(privateKey)),
}
