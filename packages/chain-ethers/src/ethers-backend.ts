import {
  type BackendOptions,
  type Endpoint,
  type EvmBackend,
  type EvmClient,
  evmBackend,
  failoverClient,
} from '@perun-watcher/chain-evm'
import { endpointName } from '@perun-watcher/chain-evm/internal'
import { WatcherError } from '@perun-watcher/core'
import type { JsonRpcApiProvider } from 'ethers'
import { ethersClient, urlOf } from './ethers-client.ts'
import { type EthersWallet, ethersSigner } from './ethers-signer.ts'

export interface EthersBackendOptions extends Omit<BackendOptions, 'chainId'> {
  /**
   * `JsonRpcProvider`, `WebSocketProvider` or another that speaks JSON-RPC; or several, each of its own endpoint, in the order
   * of preference: then signed transactions go to all of them, and every other request to one that can answer it.
   */
  readonly provider: JsonRpcApiProvider | readonly JsonRpcApiProvider[]
  /** The account that pays for transactions, or several, each with its own row of nonces. Nobody else may send from them. */
  readonly wallet: EthersWallet | readonly EthersWallet[]
  /** Default: that of the provider, if it was made for a known network (`staticNetwork`). */
  readonly chainId?: bigint | undefined
}

function chainIdOf({ chainId, provider }: EthersBackendOptions): bigint {
  if (chainId !== undefined) return chainId
  for (const each of [provider].flat()) {
    try {
      return each._network.chainId
    } catch {
      // It has not asked its endpoint yet.
    }
  }
  throw new WatcherError(
    'OPTION_INVALID',
    'chainId must be given, as the ethers provider does not know its network yet (make it with staticNetwork).',
  )
}

function endpointOf(provider: JsonRpcApiProvider, index: number): Endpoint {
  return { name: endpointName(urlOf(provider) ?? 'socket', index), client: ethersClient(provider) }
}

function clientOf(providers: readonly JsonRpcApiProvider[], options: Omit<BackendOptions, 'chainId'>): EvmClient {
  const [only, ...others] = providers
  if (only !== undefined && others.length === 0) return ethersClient(only)
  return failoverClient({ ...options, endpoints: providers.map(endpointOf) })
}

/**
 * One Perun adjudicator through ethers.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function ethersBackend(options: EthersBackendOptions): EvmBackend {
  const { provider, wallet, ...rest } = options
  return evmBackend({
    ...rest,
    chainId: chainIdOf(options),
    client: clientOf([provider].flat(), rest),
    signers: [wallet].flat().map(ethersSigner),
  })
}
