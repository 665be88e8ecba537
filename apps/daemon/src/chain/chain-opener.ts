import { type BackendOptions, type EvmClient, type EvmSigner, evmBackend } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import { type Endpoint, failoverClient, type RpcObserver } from './failover-client.ts'

/** One adjudicator on one chain, and the accounts that pay for refutations. */
export interface ChainSettings extends BackendOptions {
  /** At least one. The first that answers is used. */
  readonly rpcUrls: readonly string[]
  /** At least one. */
  readonly privateKeys: readonly Hex[]
  /** Told of every request. */
  readonly observer?: RpcObserver | undefined
}

/** A backend and whatever it stands on. */
export interface OpenedChain {
  /** Closed by the watcher that takes it over. */
  readonly backend: RegistererSubscriber
  /** For requests beside the backend. */
  readonly client: EvmClient
  /** Each by itself. */
  readonly endpoints: readonly Pick<Endpoint, 'url' | 'client'>[]
  /** Ends the clients below it. Call it after the backend was closed. */
  close(): Promise<void>
}

/** What a client library has to offer. */
export interface ChainLibrary {
  /** @param timeoutMs after which a request counts as unanswered. */
  connect(url: string, chainId: bigint, timeoutMs: number): Endpoint
  /** For looking at one endpoint by itself: whatever it is asked ends, answered or not, within the time. */
  probe(url: string, timeoutMs: number): Endpoint
  signer(privateKey: Hex): EvmSigner
}

export type OpenChain = (settings: ChainSettings) => Promise<OpenedChain>

const defaultTimeoutMs = 10_000

export const chainOpener =
  ({ connect, signer }: Pick<ChainLibrary, 'connect' | 'signer'>): OpenChain =>
  async ({ rpcUrls, privateKeys, observer, ...options }) => {
    const { chainId, requestTimeoutMs = defaultTimeoutMs } = options
    // All of them must have had their turn before the request as a whole counts as unanswered.
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
