import type { AbortOptions, Brand, Hex } from '@perun-watcher/core'

/** 20 bytes that name an account or a contract, lower case. */
export type Address = Brand<Hex, 'Address'>

export interface RequestOptions extends AbortOptions {
  /** Where there are several endpoints: begin with another one than for the same request without this. */
  readonly secondOpinion?: boolean | undefined
  /**
   * Names of endpoints that have answered already, the latest last. Where there are several, who answers, or says that it
   * does not know, is added; and none of these is asked again, unless all the others are failing: then the latest is.
   */
  readonly heard?: Set<string> | undefined
  /** Of a transaction that goes to several endpoints: called for each that did not take it, also after another one did. */
  readonly onNotTaken?: ((endpoint: string, error: unknown) => void) | undefined
  /** Names of the endpoints to which alone a transaction goes. Default: to all. */
  readonly only?: ReadonlySet<string> | undefined
}

/**
 * What this package asks of a client library: plain JSON-RPC. Adapters hand on the caller's own client.
 *
 * Rejects with a WatcherError: `CHAIN_UNREACHABLE` when no answer came (with what is known of it in {@link NoAnswer}),
 * `RPC_REFUSED` (with the node's code, message and data in {@link RpcRefusal}) when the node answered with an error.
 */
export interface EvmClient {
  request(method: string, params: readonly unknown[], options?: RequestOptions): Promise<unknown>
  /** Calls `wake` at each new head, where the client has a socket. Only a hint: polling stays the source of truth. */
  readonly watchHeads?: (wake: () => void) => () => void
}

/** What a node said when it refused a request. */
export interface RpcRefusal {
  readonly code: number | undefined
  readonly message: string
  /** Revert data and the like, as the node gave it. */
  readonly data: unknown
}

/** What is known where no JSON-RPC answer came. */
export interface NoAnswer {
  /** Of HTTP, where there was an answer of HTTP. */
  readonly status?: number | undefined
  /** What the answer of HTTP said instead, as far as it is text. */
  readonly text?: string | undefined
  /** The answer was larger than the client takes. */
  readonly isTooLarge?: boolean | undefined
}

/** An EIP-1559 transaction, complete but for the signature. */
export interface UnsignedTransaction {
  readonly chainId: bigint
  readonly nonce: bigint
  readonly to: Address
  readonly value: bigint
  readonly data: Hex
  readonly gas: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** An account that can sign; the key never enters this package. */
export interface EvmSigner {
  readonly address: Address
  /** The signed, serialised transaction, ready for `eth_sendRawTransaction`. */
  signTransaction(transaction: UnsignedTransaction): Promise<Hex>
}
