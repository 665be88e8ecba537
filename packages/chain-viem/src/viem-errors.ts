import { chainUnreachable, type NoAnswer, rpcRefused } from '@perun-watcher/chain-evm'
import type { WatcherError } from '@perun-watcher/core'

type Fields = Readonly<Record<string, unknown>>

const deepestChain = 16

/** The error, its cause, the cause of that, and so on. */
function causes(error: unknown): readonly Fields[] {
  const found: Fields[] = []
  for (let next = error; typeof next === 'object' && next !== null && found.length < deepestChain; ) {
    const fields = next as Fields
    found.push(fields)
    next = fields['cause']
  }
  return found
}

const tooManyRequests = 429

/** viem's number for whatever is no answer of a node (`UnknownRpcError`). */
const unknownRpcError = -1

/** viem's name for an answer beyond its `maxResponseBodySize`, 10 MiB by default. */
const tooLargeName = 'ResponseBodyTooLargeError'

/** What is known of a missing answer: the status and text of HTTP, and whether the answer was too large. */
function noAnswer(chain: readonly Fields[], clean: (text: string) => string): NoAnswer | undefined {
  if (chain.some(({ name }) => name === tooLargeName)) return { isTooLarge: true }
  const http = chain.find(({ status }) => typeof status === 'number')
  if (http === undefined) return undefined
  const { status, details } = http
  return { status: Number(status), ...(typeof details === 'string' ? { text: clean(details) } : {}) }
}

/**
 * What viem rejects with, as an `EvmClient` reports it:
 * - the node's own error object is the innermost with a code (`RpcRequestError` and every `RpcError` wrap it):
 *   `RPC_REFUSED`.
 * - HTTP status 429, a closed socket, a timeout and everything else: `CHAIN_UNREACHABLE`.
 *
 * @param clean removes what must not be seen from what was said
 */
export function fromViemError(method: string, error: unknown, clean = (text: string) => text): WatcherError {
  const chain = causes(error)
  const answer = chain.findLast(({ code }) => typeof code === 'number' && code !== unknownRpcError)
  const isRefusal =
    // An aborted or timed out fetch has a number, too.
    answer !== undefined && !(answer instanceof DOMException) && !chain.some(({ status }) => status === tooManyRequests)
  if (isRefusal) {
    const { code, message, details, data } = answer
    const text = typeof details === 'string' && details !== '' ? details : String(message)
    return rpcRefused(method, { code: Number(code), message: clean(text), data })
  }
  const sentences = chain.map(({ shortMessage, message }) => String(shortMessage ?? message))
  const said = sentences.length === 0 ? String(error) : [...new Set(sentences)].join(' ')
  return chainUnreachable(method, clean(said), noAnswer(chain, clean))
}
