import { chainUnreachable, type NoAnswer, rpcRefused } from '@perun-watcher/chain-evm'
import type { WatcherError } from '@perun-watcher/core'

type Fields = Readonly<Record<string, unknown>>

/** Removes what must not be seen from what was said. */
type Clean = (text: string) => string

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

/** A body that a node sent along with an HTTP error. */
function parsedBody(text: unknown): Fields {
  try {
    return fieldsOf(JSON.parse(String(text)))
  } catch {
    return {}
  }
}

const tooManyRequests = 429

/** Also where ethers has given up on it: `599 CLIENT ESCALATED SERVER ERROR (429 …)`. */
function statusOf(text: unknown): number | undefined {
  const found = /\((\d{3})\b/.exec(String(text)) ?? /^(\d{3})\b/.exec(String(text))
  return found === null ? undefined : Number(found[1])
}

/** The error of a node's answer, as an `EvmClient` reports it; `undefined` where it is none. */
export function fromNodeError(method: string, value: unknown, clean: Clean): WatcherError | undefined {
  const { code, message, data } = fieldsOf(value)
  if (typeof message !== 'string' || typeof code !== 'number') return undefined
  return rpcRefused(method, { code, message: clean(message), data })
}

/**
 * What the `_send` of an ethers provider rejects with, as an `EvmClient` reports it: `RPC_REFUSED` if a node said no with an
 * HTTP status of failure, else `CHAIN_UNREACHABLE`. The `info` of ethers' SERVER_ERROR holds status and body.
 */
export function fromEthersError(method: string, error: unknown, clean: Clean): WatcherError {
  const fields = fieldsOf(error)
  const { responseStatus, responseBody } = fieldsOf(fields['info'])
  const status = statusOf(responseStatus)
  const refusal =
    status === tooManyRequests ? undefined : fromNodeError(method, parsedBody(responseBody)['error'], clean)
  if (refusal !== undefined) return refusal
  const known: NoAnswer | undefined =
    status === undefined
      ? undefined
      : { status, ...(typeof responseBody === 'string' && responseBody !== '' ? { text: clean(responseBody) } : {}) }
  return chainUnreachable(method, clean(String(fields['shortMessage'] ?? fields['message'] ?? error)), known)
}
