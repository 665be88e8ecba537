import { type EvmClient, rpcRefused } from '@perun-watcher/chain-evm'

/** Plain JSON-RPC over HTTP, of a node that may not take state overrides. */
export function jsonRpcClient(url: string, { takesOverrides }: { readonly takesOverrides: boolean }): EvmClient {
  return {
    async request(method, params, options) {
      if (!takesOverrides && method === 'eth_call' && params.length > 2) throw refused(method, 'too many arguments')
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: options?.signal ?? null,
      })
      const answer: unknown = await response.json()
      if (typeof answer !== 'object' || answer === null) throw refused(method, 'no JSON-RPC answer')
      if ('result' in answer) return answer.result
      throw refused(method, JSON.stringify('error' in answer ? answer.error : answer))
    },
  }
}

function refused(method: string, message: string): Error {
  return rpcRefused(method, { code: -32602, message, data: undefined })
}
