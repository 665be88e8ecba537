import { type BackendOptions, type EvmClient, type EvmSigner, evmBackend } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import { type Endpoint, failoverClient, type RpcObserver } from './failover-client.ts'

/** One adjudicator on one chain, and the accounts that pay for refutations. */
export interface ChainSettings extends BackendOptions {
  /** At least one; the first that answers is used. */
  readonly rpcUrls: readonly string[]
  /** At least one. */
  readonly privateKeys: readonly Hex[]
  /** Hears of every request. */
  readonly observer?: RpcObserver | undefined
}

/** A backend with the clients below it. */
export interface OpenedChain {
  /** The watcher that uses it closes it. */
  readonly backend: RegistererSubscriber
  /** For requests that are not the backend's. */
  readonly client: EvmClient
  /** The endpoints one by one, without failover. */
  readonly endpoints: readonly Pick<Endpoint, 'url' | 'client'>[]
  /** Closes the clients; call it after the backend is closed. */
  close(): Promise<void>
}

/** What the daemon needs from a client library. */
export interface ChainLibrary {
  /** @param timeoutMs after which a request counts as unanswered. */
  connect(url: string, chainId: bigint, timeoutMs: number): Endpoint
  /** A connection for tests of a single endpoint: no retries, and every request ends within `timeoutMs`. */
  probe(url: string, timeoutMs: number): Endpoint
  signer(privateKey: Hex): EvmSigner
}

export type OpenChain = (settings: ChainSettings) => Promise<OpenedChain>

const defaultTimeoutMs = 10_000

export const chainOpener =
  ({ connect, signer }: Pick<ChainLibrary, 'connect' | 'signer'>): OpenChain =>
  async ({ rpcUrls, privateKeys, observer, ...options }) => {
    const { chainId, requestTimeoutMs = defaultTimeoutMs } = options
    // Every endpoint must have been tried before the request as a whole times out.
    const timeoutMs = Math.ceil(requestTimeoutMs / Math.max(1, rpcUrls.length))
    const endpoints = rpcUrls.map((url) => connect(url, chainId, timeoutMs))
    const client = failoverClient(endpoints, observer)
    return {
      backend: evmBackend({ ...options, client, signers: privateKeys.map(signer) }),
      client,
      endpoints,
      async close() {
        for (const endpoint of endpoints) await endpoint.close()
      },
    }
  }
