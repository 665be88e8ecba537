import { ethersClient, ethersSigner } from '@perun-watcher/chain-ethers/internal'
import { FetchRequest, JsonRpcProvider, Wallet } from 'ethers'
import type { ChainLibrary } from './chain-opener.ts'
import type { Endpoint } from './failover-client.ts'

function connect(url: string, chainId: bigint, timeoutMs: number): Endpoint {
  const request = new FetchRequest(url)
  request.timeout = timeoutMs
  // A node over its limits is passed over; ethers alone would ask it again and again.
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
  // With a chain id ethers asks for none, and which one it is says nothing to a provider that only sends.
  probe: (url, timeoutMs) => connect(url, 1n, timeoutMs),
  signer: (privateKey) => ethersSigner(new Wallet(privateKey)),
}
