import { type Clock, WatcherError } from '@perun-watcher/core'
import { withScope } from '../runtime/abort.ts'
import type { EvmClient } from './evm-client.ts'

/** The same client, but every request ends: after `timeoutMs` with `CHAIN_UNREACHABLE`. */
export function withRequestTimeout(client: EvmClient, clock: Clock, timeoutMs: number): EvmClient {
  const expire = async (method: string, signal: AbortSignal): Promise<never> => {
    await clock.sleep(timeoutMs, { signal })
    throw new WatcherError('CHAIN_UNREACHABLE', `The RPC endpoint did not answer ${method} within ${timeoutMs} ms.`)
  }
  return {
    ...(client.watchHeads === undefined ? {} : { watchHeads: client.watchHeads }),
    request: (method, params, options = {}) =>
      withScope(options.signal, ({ signal }) =>
        Promise.race([client.request(method, params, { signal }), expire(method, signal)]),
      ),
  }
}
