import type { EvmClient } from '@perun-watcher/chain-evm'
import { viemClient } from '@perun-watcher/chain-viem/internal'
import { createClient, http, webSocket } from 'viem'

/** One endpoint by itself, for looking at it: whatever it is asked ends, answered or not, within the time. */
export function rpcClient(url: string, timeoutMs: number): EvmClient {
  const isSocket = /^wss?:/i.test(url)
  const transport = isSocket
    ? webSocket(url, { timeout: timeoutMs, retryCount: 0, reconnect: false })
    : http(url, { timeout: timeoutMs, retryCount: 0 })
  return viemClient(createClient({ transport }))
}
