import type { EvmClient } from '../evm-client.ts'
import { withoutSecrets } from '../rpc-errors.ts'
import type { RpcFailure } from '../rpc-failure.ts'

/** One of several JSON-RPC endpoints of a chain. */
export interface Endpoint {
  /** For logs and metrics: without secrets, and another one for each endpoint. */
  readonly name: string
  readonly client: EvmClient
}

/** A name for an endpoint: its place from 1, and its URL without secrets. @param index from 0 */
export function endpointName(url: string, index: number): string {
  return `${index + 1} (${withoutSecrets(url)})`
}

/** What became of one request to one endpoint. */
export interface RpcOutcome {
  /** Name of the endpoint. */
  readonly endpoint: string
  readonly method: string
  readonly ms: number
  /** `undefined`: it was answered. */
  readonly failure: RpcFailure | undefined
}

/** How an endpoint does, as far as requests and looks at its head have shown. */
export interface EndpointHealth {
  readonly name: string
  /**
   * - `failing`: it does not answer, refuses to serve, or tells later times than another one; asked last until that is over.
   * - `behind`: its head stands still while that of another endpoint moves on; asked after the others.
   */
  readonly state: 'good' | 'failing' | 'behind'
  /** What it said or did last, where it is failing. */
  readonly reason: RpcFailure | undefined
  /** Number of its newest block, where it was seen. */
  readonly head: bigint | undefined
}
