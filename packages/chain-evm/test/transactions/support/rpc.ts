import { type Hex, parseBytes } from '@perun-watcher/core'
import type { EvmClient } from '../../../src/index.ts'
import { rpcRefused } from '../../../src/rpc/rpc-errors.ts'

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

function parseAnswer(value: unknown): Answer {
  if (typeof value !== 'object' || value === null) throw new Error('no JSON-RPC answer')
  return value
}

/** Plain JSON-RPC, as an adapter offers it. */
export function httpClient(url: string): EvmClient {
  return {
    async request(method, params, options) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: options?.signal ?? null,
      })
      const { result, error } = parseAnswer(await response.json())
      if (error === undefined) return result
      throw rpcRefused(method, { code: error.code, message: error.message, data: error.data })
    },
  }
}

/** What happens to one request. `next` asks the chain. */
export type Fault = (next: () => Promise<unknown>, params: readonly unknown[]) => Promise<unknown>

export interface FaultyClient extends EvmClient {
  /** Every request so far. */
  readonly requests: readonly string[]
  /** Until it is taken away again by `heal`, all requests of this method go this way. */
  readonly inject: (method: string, fault: Fault) => void
  /** The same for the next request only. */
  readonly injectOnce: (method: string, fault: Fault) => void
  readonly heal: () => void
}

/** Stands between the manager and the chain. */
export function faultyClient(client: EvmClient): FaultyClient {
  const faults = new Map<string, Fault>()
  const requests: string[] = []
  return {
    requests,
    inject: (method, fault) => {
      faults.set(method, fault)
    },
    injectOnce: (method, fault) => {
      faults.set(method, (next, params) => {
        faults.delete(method)
        return fault(next, params)
      })
    },
    heal: () => faults.clear(),
    request: (method, params, options) => {
      requests.push(method)
      const next = (): Promise<unknown> => client.request(method, params, options)
      const fault = faults.get(method)
      return fault === undefined ? next() : fault(next, params)
    },
  }
}

/** Code that adds one to its first storage slot. */
export const counting: Hex = '0x600054600101600055'

/** Code that reverts with a text, as `require` does. */
export function refusing(text: string): Hex {
  const words = [32n, BigInt(Buffer.byteLength(text))].map((n) => n.toString(16).padStart(64, '0')).join('')
  const data = `08c379a0${words}${Buffer.from(text).toString('hex').padEnd(64, '0')}`
  const length = (data.length / 2).toString(16).padStart(2, '0')
  // Copies what follows itself (12 bytes) to memory and reverts with it.
  return parseBytes(`0x60${length}600c60003960${length}6000fd${data}`)
}
