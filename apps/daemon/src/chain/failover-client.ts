import type { EvmClient } from '@perun-watcher/chain-evm'
import { withoutSecrets } from '@perun-watcher/chain-evm/internal'
import { hasCode } from '@perun-watcher/core'
import { systemClock } from '@perun-watcher/core/system'

/** One JSON-RPC endpoint. */
export interface Endpoint {
  readonly url: string
  readonly client: EvmClient
  close(): Promise<void>
}

/** A name for an endpoint, without secrets. @param index in the configuration, from 0. */
export function endpointName(url: string, index: number): string {
  return `${index + 1} (${withoutSecrets(url)})`
}

/** The outcome of a request to an endpoint. */
export interface RpcOutcome {
  readonly method: string
  /** Host and port only: the rest of a URL may contain a key. */
  readonly endpoint: string
  readonly ms: number
  /** `refused`: the node answered with an error. `unanswered`: any other failure. */
  readonly result: 'answered' | 'refused' | 'unanswered'
}

export type RpcObserver = (outcome: RpcOutcome) => void

/**
 * One client over all endpoints. A request goes to the endpoint that answered last and, if that does not answer, to each of
 * the others once. A refusal counts as an answer. `observer` hears of every attempt.
 */
export function failoverClient(endpoints: readonly Endpoint[], observer: RpcObserver | undefined): EvmClient {
  let order = endpoints
  const watched = endpoints.flatMap(({ client }) => client.watchHeads ?? [])

  async function ask({ url, client }: Endpoint, ...[method, params, options]: Parameters<EvmClient['request']>) {
    const startedAt = systemClock.now()
    const told = (result: RpcOutcome['result']): void => {
      observer?.({ method, endpoint: new URL(url).host, ms: systemClock.now() - startedAt, result })
    }
    try {
      const answer = await client.request(method, params, options)
      told('answered')
      return answer
    } catch (error) {
      // An aborted request says nothing about the endpoint.
      if (options?.signal?.aborted !== true) told(hasCode(error, 'RPC_REFUSED') ? 'refused' : 'unanswered')
      throw error
    }
  }

  return {
    async request(method, params, options) {
      let failure: unknown
      for (const endpoint of order) {
        try {
          const answer = await ask(endpoint, method, params, options)
          if (order[0] !== endpoint) order = [endpoint, ...order.filter((each) => each !== endpoint)]
          return answer
        } catch (error) {
          options?.signal?.throwIfAborted()
          if (hasCode(error, 'RPC_REFUSED')) throw error
          failure = error
        }
      }
      throw failure
    },
    ...(watched.length === 0 ? {} : { watchHeads: (wake: () => void) => watchAll(watched, wake) }),
  }
}

function watchAll(watched: readonly NonNullable<EvmClient['watchHeads']>[], wake: () => void): () => void {
  const ends = watched.map((watch) => watch(wake))
  return () => {
    for (const end of ends) end()
  }
}
