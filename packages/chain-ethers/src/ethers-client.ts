import { type EvmClient, raceSignal } from '@perun-watcher/chain-evm'
import type { JsonRpcApiProvider } from 'ethers'
import { fromEthersError } from './ethers-errors.ts'

/** Polling finds every head: what goes wrong with a hint needs no care. */
const ignore = (): void => undefined

function headWatcher(provider: JsonRpcApiProvider): NonNullable<EvmClient['watchHeads']> {
  return (wake) => {
    const onBlock = (): void => wake()
    provider.on('block', onBlock).catch(ignore)
    return () => {
      provider.off('block', onBlock).catch(ignore)
    }
  }
}

/**
 * Plain JSON-RPC through an ethers provider. `send` neither caches nor polls; requests of the same few milliseconds go out
 * as one batch where the provider batches.
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
    // Without a socket ethers would poll for the event, which we do already.
    ...('websocket' in provider ? { watchHeads: headWatcher(provider) } : {}),
  }
}
