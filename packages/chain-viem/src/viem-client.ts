import type { EvmClient } from '@perun-watcher/chain-evm'
import { raceSignal } from '@perun-watcher/core/internal'
import type { Client } from 'viem'
import { fromViemError } from './viem-errors.ts'

interface AnyRequest {
  readonly Parameters: readonly unknown[]
  readonly ReturnType: unknown
}

/** What the WebSocket and IPC transports of viem add to a client. */
interface Subscribing {
  subscribe(request: {
    readonly params: readonly ['newHeads']
    readonly onData: () => void
    readonly onError: () => void
  }): Promise<{ unsubscribe(): Promise<unknown> }>
}

function isSubscribing(transport: object): transport is Subscribing {
  return 'subscribe' in transport && typeof transport.subscribe === 'function'
}

/** Polling finds every head: what goes wrong with a hint needs no care. */
const ignore = (): void => undefined

function headWatcher(transport: Subscribing): NonNullable<EvmClient['watchHeads']> {
  return (wake) => {
    const subscribed = transport.subscribe({ params: ['newHeads'], onData: wake, onError: ignore })
    subscribed.catch(ignore)
    return () => {
      subscribed.then(({ unsubscribe }) => unsubscribe()).catch(ignore)
    }
  }
}

/** Plain JSON-RPC through a viem client, with errors as an `EvmClient` reports them. */
export function viemClient(client: Client): EvmClient {
  const { transport } = client
  return {
    async request(method, params, { signal } = {}) {
      try {
        // We retry by ourselves, with the urgency of the moment; viem's own retries would only add up.
        const options = signal === undefined ? { retryCount: 0 } : { retryCount: 0, signal }
        return await raceSignal(client.request<AnyRequest>({ method, params }, options), signal)
      } catch (error) {
        signal?.throwIfAborted()
        throw fromViemError(method, error)
      }
    },
    ...(isSubscribing(transport) ? { watchHeads: headWatcher(transport) } : {}),
  }
}
