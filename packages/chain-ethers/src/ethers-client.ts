import type { EvmClient } from '@perun-watcher/chain-evm'
import { raceSignal } from '@perun-watcher/core/internal'
import type { JsonRpcApiProvider } from 'ethers'
import { fromEthersError } from './ethers-errors.ts'

/**
 * Plain JSON-RPC through an ethers provider. `send` neither caches nor polls; requests of the same few milliseconds go out
 * as one batch where the provider batches.
 *
 * Heads are polled for, also over a socket: ethers 6.17 lets a failed `eth_unsubscribe` go unhandled, and with it the
 * process, when a block listener is taken off a provider whose socket closes.
 */
export function ethersClient(provider: JsonRpcApiProvider): EvmClient {
  return {
    async request(method, params, { signal } = {}) {
      try {
        return await raceSignal(provider.send(method, [...params]), signal)
      } catch (error) {
        signal?.throwIfAborted()
        throw fromEthersError(method, error)
      }
    },
  }
}
