import { type BackendOptions, evmBackend } from '@perun-watcher/chain-evm'
import { WatcherError } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import type { Client, LocalAccount } from 'viem'
import { viemClient } from './viem-client.ts'
import { viemSigner } from './viem-signer.ts'

export interface ViemBackendOptions extends Omit<BackendOptions, 'chainId'> {
  /** Any client of viem. Its transport decides about endpoints and fail-over; what it batches or retries is up to us. */
  readonly client: Client
  /** The account that pays for transactions, or several, each with its own row of nonces. Nobody else may send from them. */
  readonly account: LocalAccount | readonly LocalAccount[]
  /** Default: that of the client's `chain`. */
  readonly chainId?: bigint | undefined
}

function chainIdOf({ chainId, client }: ViemBackendOptions): bigint {
  if (chainId !== undefined) return chainId
  if (client.chain !== undefined) return BigInt(client.chain.id)
  throw new WatcherError('OPTION_INVALID', 'chainId must be given, as the viem client has no chain.')
}

/**
 * One Perun adjudicator through viem.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function viemBackend(options: ViemBackendOptions): RegistererSubscriber {
  const { client, account, ...rest } = options
  return evmBackend({
    ...rest,
    chainId: chainIdOf(options),
    client: viemClient(client),
    signers: [account].flat().map(viemSigner),
  })
}
