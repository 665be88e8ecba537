import { type BackendOptions, evmBackend } from '@perun-watcher/chain-evm'
import { WatcherError } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import type { JsonRpcApiProvider } from 'ethers'
import { ethersClient } from './ethers-client.ts'
import { type EthersWallet, ethersSigner } from './ethers-signer.ts'

export interface EthersBackendOptions extends Omit<BackendOptions, 'chainId'> {
  /** `JsonRpcProvider`, `WebSocketProvider` or another that speaks JSON-RPC. */
  readonly provider: JsonRpcApiProvider
  /** The account that pays for transactions, or several, each with its own row of nonces. Nobody else may send from them. */
  readonly wallet: EthersWallet | readonly EthersWallet[]
  /** Default: that of the provider, if it was made for a known network (`staticNetwork`). */
  readonly chainId?: bigint | undefined
}

function chainIdOf({ chainId, provider }: EthersBackendOptions): bigint {
  if (chainId !== undefined) return chainId
  try {
    return provider._network.chainId
  } catch (cause) {
    throw new WatcherError(
      'OPTION_INVALID',
      'chainId must be given, as the ethers provider does not know its network yet (make it with staticNetwork).',
      { cause },
    )
  }
}

/**
 * One Perun adjudicator through ethers.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function ethersBackend(options: EthersBackendOptions): RegistererSubscriber {
  const { provider, wallet, ...rest } = options
  return evmBackend({
    ...rest,
    chainId: chainIdOf(options),
    client: ethersClient(provider),
    signers: [wallet].flat().map(ethersSigner),
  })
}
