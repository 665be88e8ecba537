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
import type { Client, LocalAccount } from 'viem'
import { viemClient } from './viem-client.ts'
import { viemSigner } from './viem-signer.ts'

export interface ViemBackendOptions extends Omit<BackendOptions, 'chainId'> {
  /**
   * Any client of viem, or several, each of its own endpoint, in the order of preference: then signed transactions go to all
   * of them, and every other request to one that can answer it. What is batched or retried is up to us.
   */
  readonly client: Client | readonly Client[]
  /** The account that pays for transactions, or several, each with its own row of nonces. Nobody else may send from them. */
  readonly account: LocalAccount | readonly LocalAccount[]
  /** Default: that of the client's `chain`. */
  readonly chainId?: bigint | undefined
}

function chainIdOf({ chainId, client }: ViemBackendOptions): bigint {
  if (chainId !== undefined) return chainId
  const chain = [client].flat().find((each) => each.chain !== undefined)?.chain
  if (chain !== undefined) return BigInt(chain.id)
  throw new WatcherError('OPTION_INVALID', 'chainId must be given, as the viem client has no chain.')
}

function endpointOf(client: Client, index: number): Endpoint {
  const { url } = client.transport
  return { name: endpointName(typeof url === 'string' ? url : client.name, index), client: viemClient(client) }
}

function clientOf(clients: readonly Client[], options: Omit<BackendOptions, 'chainId'>): EvmClient {
  const [only, ...others] = clients
  if (only !== undefined && others.length === 0) return viemClient(only)
  return failoverClient({ ...options, endpoints: clients.map(endpointOf) })
}

/**
 * One Perun adjudicator through viem.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function viemBackend(options: ViemBackendOptions): EvmBackend {
  const { client, account, ...rest } = options
  return evmBackend({
    ...rest,
    chainId: chainIdOf(options),
    client: clientOf([client].flat(), rest),
    signers: [account].flat().map(viemSigner),
  })
}
