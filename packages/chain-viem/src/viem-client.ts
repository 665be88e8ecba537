import type { EvmClient } from '@perun-watcher/chain-evm'
import { secretRemover } from '@perun-watcher/chain-evm/internal'
import { hasCode } from '@perun-watcher/core'
import { raceSignal } from '@perun-watcher/core/internal'
import type { Client } from 'viem'
import { fromViemError } from './viem-errors.ts'
import { viemSocket } from './viem-socket.ts'

interface AnyRequest {
  readonly Parameters: readonly unknown[]
  readonly ReturnType: unknown
}

/** Plain JSON-RPC through a viem client, with errors as an `EvmClient` reports them. */
export function viemClient(client: Client): EvmClient {
  const socket = viemSocket(client)
  const { url } = client.transport
  const clean = secretRemover(typeof url === 'string' ? url : undefined)
  return {
    async request(method, params, { signal } = {}) {
      signal?.throwIfAborted()
      const end = socket?.sending()
      try {
        // We retry by ourselves, with the urgency of the moment; viem's own retries would only add up.
        const options = signal === undefined ? { retryCount: 0 } : { retryCount: 0, signal }
        const answer = await raceSignal(client.request<AnyRequest>({ method, params }, options), signal)
        end?.(true)
        return answer
      } catch (error) {
        const failure = fromViemError(method, error, clean)
        end?.(hasCode(failure, 'RPC_REFUSED'))
        signal?.throwIfAborted()
        throw failure
      }
    },
    ...(socket === undefined ? {} : { watchHeads: socket.watchHeads }),
  }
}
