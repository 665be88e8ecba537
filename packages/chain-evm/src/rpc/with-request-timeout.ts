import { type Clock, WatcherError } from '@perun-watcher/core'
import { raceSignal, timeLimit, withScope } from '@perun-watcher/core/internal'
import type { EvmClient } from './evm-client.ts'

/** The same client, but every request ends: after `timeoutMs` with `CHAIN_UNREACHABLE`. */
export function withRequestTimeout(client: EvmClient, clock: Clock, timeoutMs: number): EvmClient {
  const limit = timeLimit(clock, timeoutMs)
  const expired = (method: string) => (): WatcherError =>
    new WatcherError('CHAIN_UNREACHABLE', `The RPC endpoint did not answer ${method} within ${timeoutMs} ms.`)
  return {
    ...(client.watchHeads === undefined ? {} : { watchHeads: client.watchHeads }),
    // In a scope of its own, so that a request whose time is up is aborted, too.
    request: (method, params, options = {}) =>
      withScope(options.signal, ({ signal }) =>
        limit.run(() => raceSignal(client.request(method, params, { ...options, signal }), signal), expired(method)),
      ),
  }
}
