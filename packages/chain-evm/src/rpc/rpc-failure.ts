import { hasCode } from '@perun-watcher/core'
import type { NoAnswer, RpcRefusal } from './evm-client.ts'
import { refusalOf } from './parse-rpc.ts'
import { noAnswerOf } from './rpc-errors.ts'
import { meaningOfText, type TextMeaning } from './rpc-wordings.ts'

/**
 * What a request without a usable answer says, and about what:
 * - `call`: about the call itself. Every other node would say the same, as things stand.
 * - `size`: too much was asked for at once, in blocks, logs, bytes or requests. Less may be answered.
 * - `service`: about the endpoint as a whole: limits, keys, plans, an outage that it tells of.
 * - `method`: the endpoint does not have this method, or not in this form.
 * - `history`: the endpoint does not have this block, or nothing of it any more.
 * - `nonsense`: an internal error, an answer that cannot be, or words that nobody understands.
 * - `nothing`: no answer. It may be the network, the endpoint, or the size.
 *
 * Only `call` is a verdict; `service`, `method`, `history` and `nonsense` are about the endpoint.
 */
export type RpcFailure = TextMeaning | 'nonsense' | 'nothing'

/** What else a code says where the words say nothing. https://eips.ethereum.org/EIPS/eip-1474#error-codes, and providers. */
const meaningOfCode: ReadonlyMap<number, RpcFailure> = new Map<number, RpcFailure>([
  [3, 'call'],
  [4444, 'history'],
  [-32_001, 'history'],
  [-32_004, 'method'],
  [-32_601, 'method'],
  [4200, 'method'],
  // Providers: limits, keys and plans (EIP-1474 "limit exceeded", QuickNode, OnFinality, Infura, proxyd).
  ...[429, -32_005, -32_007, -32_011, -32_012, -32_016, -32_029, -32_052, -32_090, -32_097, 4100, 4900, 4901].map(
    (code) => [code, 'service'] as const,
  ),
  // jsonrpsee (reth): responses and batches over the limit.
  [-32_008, 'size'],
  [-32_010, 'size'],
])

const statusesOfSize: ReadonlySet<number> = new Set([413, 414, 431])
/** What stands in front of a node gave up waiting for it. */
const statusesOfTimeouts: ReadonlySet<number> = new Set([408, 504, 522, 524])
const statusesOfService: ReadonlySet<number> = new Set([401, 402, 403, 404, 407, 429, 503])

function failureOfRefusal(method: string, { code, message, data }: RpcRefusal): RpcFailure {
  // Some keep the message generic, and say in the data what they mean.
  const text = typeof data === 'string' && !data.startsWith('0x') ? `${message} ${data}` : message
  if (code === 3) return 'call'
  return meaningOfText(method, text) ?? (code === undefined ? undefined : meaningOfCode.get(code)) ?? 'nonsense'
}

function failureOfNoAnswer(method: string, { status, text, isTooLarge }: NoAnswer): RpcFailure {
  if (isTooLarge === true || (status !== undefined && statusesOfSize.has(status))) return 'size'
  if (status === undefined) return 'nothing'
  if (status === 429) return 'service'
  const meaning = text === undefined ? undefined : meaningOfText(method, text)
  const isService = statusesOfService.has(status)
  if (meaning === 'size' || meaning === 'method') return meaning
  if (statusesOfTimeouts.has(status)) return 'nothing'
  if (isService) return 'service'
  // A verdict comes as JSON-RPC: what stands in a page about an error is none.
  return meaning === undefined || meaning === 'call' ? 'nonsense' : meaning
}

/** What the failure of a request says. Total: whatever was thrown. */
export function rpcFailure(method: string, error: unknown): RpcFailure {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return failureOfRefusal(method, refusal)
  const noAnswer = noAnswerOf(error)
  if (noAnswer !== undefined) return failureOfNoAnswer(method, noAnswer)
  return hasCode(error, 'CHAIN_DATA_INVALID') || hasCode(error, 'RPC_REFUSED') ? 'nonsense' : 'nothing'
}
