import { chainUnreachable, type EvmClient } from '@perun-watcher/chain-evm'
import { secretRemover } from '@perun-watcher/chain-evm/internal'
import { isWatcherError } from '@perun-watcher/core'
import { raceSignal } from '@perun-watcher/core/internal'
import { type JsonRpcApiProvider, JsonRpcProvider } from 'ethers'
import { fieldsOf, fromEthersError, fromNodeError } from './ethers-errors.ts'

/** Far above the numbers that a provider gives to its own requests: over a socket, both share one table. */
const firstId = 2 ** 40

/** The URL of a provider over HTTP; sockets do not tell theirs. */
export function urlOf(provider: JsonRpcApiProvider): string | undefined {
  return provider instanceof JsonRpcProvider ? provider._getConnection().url : undefined
}

/**
 * Plain JSON-RPC through an ethers provider. `_send`, which every provider has to have, neither caches, polls nor batches:
 * many endpoints refuse batches of more than a few requests, and `send` would put up to 100 into one.
 *
 * Heads are polled for, also over a socket: ethers 6.17 lets a failed `eth_unsubscribe` go unhandled, and with it the
 * process, when a block listener is taken off a provider whose socket closes.
 */
export function ethersClient(provider: JsonRpcApiProvider): EvmClient {
  let nextId = firstId
  const clean = secretRemover(urlOf(provider))

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
    const refusal = fromNodeError(method, answer['error'], clean)
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
        throw isWatcherError(error) ? error : fromEthersError(method, error, clean)
      }
    },
  }
}
