import { ethersClient, ethersSigner } from '@perun-watcher/chain-ethers/internal'
import { FetchRequest, JsonRpcProvider, Wallet } from 'ethers'
import { chainOpener } from './chain-opener.ts'

export const openEthersChain = chainOpener({
  connect(url, chainId, timeoutMs) {
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
  },
  signer: (privateKey) => ethersSigner(new Wallet(privateKey)),
})
