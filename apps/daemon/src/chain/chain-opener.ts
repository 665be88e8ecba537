import {
  type BackendOptions,
  type Endpoint,
  type EvmBackend,
  type EvmClient,
  type EvmSigner,
  evmBackend,
  type FailoverClient,
  failoverClient,
  type RpcOutcome,
} from '@perun-watcher/chain-evm'
import { endpointName } from '@perun-watcher/chain-evm/internal'
import type { Hex } from '@perun-watcher/core'
import { invalidTransaction, nobodysKey } from './invalid-transaction.ts'

/** A connection to one JSON-RPC endpoint. */
export interface Connection {
  readonly url: string
  readonly client: EvmClient
  close(): Promise<void>
}

/** One adjudicator on one chain, and the accounts that pay for refutations. */
export interface ChainSettings extends BackendOptions {
  /** At least one, in the order of preference. */
  readonly rpcUrls: readonly string[]
  /** At least one. */
  readonly privateKeys: readonly Hex[]
  /** Hears of every request. @param host of the endpoint, with its port: the rest of a URL may contain a key. */
  readonly observer?: ((outcome: RpcOutcome, host: string) => void) | undefined
}

/** A backend with the clients below it. */
export interface OpenedChain {
  /** The watcher that uses it closes it. */
  readonly backend: EvmBackend
  /** For requests that are not the backend's. */
  readonly client: FailoverClient
  /** The endpoints one by one, without failover. */
  readonly endpoints: readonly Endpoint[]
  /** A transaction that every node refuses; see {@link invalidTransaction}. */
  readonly invalidTransaction: () => Promise<Hex>
  /** Closes the clients; call it after the backend is closed. */
  close(): Promise<void>
}

/** What the daemon needs from a client library. */
export interface ChainLibrary {
  /** @param timeoutMs after which a request counts as unanswered. */
  connect(url: string, chainId: bigint, timeoutMs: number): Connection
  /** A connection for tests of a single endpoint: no retries, and every request ends within `timeoutMs`. */
  probe(url: string, timeoutMs: number): Connection
  signer(privateKey: Hex): EvmSigner
}

export type OpenChain = (settings: ChainSettings) => Promise<OpenedChain>

const defaultTimeoutMs = 10_000

export const chainOpener =
  ({ connect, signer }: Pick<ChainLibrary, 'connect' | 'signer'>): OpenChain =>
  async ({ rpcUrls, privateKeys, observer, ...options }) => {
    const { chainId, requestTimeoutMs = defaultTimeoutMs } = options
    const connections = rpcUrls.map((url, index) => ({
      name: endpointName(url, index),
      host: new URL(url).host,
      ...connect(url, chainId, requestTimeoutMs),
    }))
    const hosts = new Map(connections.map(({ name, host }) => [name, host]))
    const client = failoverClient({
      ...options,
      requestTimeoutMs,
      endpoints: connections,
      observer: observer && ((outcome) => observer(outcome, hosts.get(outcome.endpoint) ?? outcome.endpoint)),
    })
    return {
      backend: evmBackend({ ...options, client, signers: privateKeys.map(signer) }),
      client,
      endpoints: connections.map(({ name, client }) => ({ name, client })),
      invalidTransaction: () => invalidTransaction(signer(nobodysKey), chainId),
      async close() {
        for (const connection of connections) await connection.close()
      },
    }
  }
