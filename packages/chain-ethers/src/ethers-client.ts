import { chainUnreachable, type EvmClient } from '@perun-watcher/chain-evm'
import { isWatcherError } from '@perun-watcher/core'
import { raceSignal } from '@perun-watcher/core/internal'
import type { JsonRpcApiProvider } from 'ethers'
import { fieldsOf, fromEthersError, fromNodeError } from './ethers-errors.ts'

/** Far above the numbers that a provider gives to its own requests: over a socket, both share one table. */
const firstId = 2 ** 40

/**
 * Plain JSON-RPC through an ethers provider. `_send`, which every provider has to have, neither caches, polls nor batches:
 * many endpoints refuse batches of more than a few requests, and `send` would put up to 100 into one.
 *
 * Heads are polled for, also over a socket: ethers 6.17 lets a failed `eth_unsubscribe` go unhandled, and with it the
 * process, when a block listener is taken off a provider whose socket closes.
 */
export function ethersClient(provider: JsonRpcApiProvider): EvmClient {
  let nextId = firstId

  async function send(method: string, params: readonly unknown[]): Promise<unknown> {
    if (provider.destroyed) throw chainUnreachable(method, 'The provider was destroyed.')
    nextId += 1
    const answers: readonly unknown[] = await provider._send({
      id: nextId,
      jsonrpc: '2.0',
      method,
      params: [...params],
    })
    const answer = fieldsOf(answers[0])
    const refusal = fromNodeError(method, answer['error'])
    if (refusal !== undefined) throw refusal
    if (!('result' in answer)) throw chainUnreachable(method, 'The answer is no JSON-RPC.')
    return answer['result']
  }

  return {
    async request(method, params, { signal } = {}) {
      try {
        return await raceSignal(send(method, params), signal)
      } catch (error) {
        signal?.throwIfAborted()
        throw isWatcherError(error) ? error : fromEthersError(method, error)
      }
    },
  }
}
