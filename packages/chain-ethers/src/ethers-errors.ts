import { chainUnreachable, rpcRefused } from '@perun-watcher/chain-evm'
import type { WatcherError } from '@perun-watcher/core'

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function isNodeError(value: Fields): boolean {
  return typeof value['message'] === 'string' && typeof value['code'] === 'number'
}

/** A body that a node sent along with an HTTP error. */
function parsedBody(info: Fields): Fields {
  try {
    return fieldsOf(JSON.parse(String(info['responseBody'])))
  } catch {
    return {}
  }
}

/** In the status, also where ethers has given up on it: `599 CLIENT ESCALATED SERVER ERROR (429 …)`. */
const tooManyRequests = /\b429\b/

/**
 * Where `getRpcError` of ethers' JsonRpcApiProvider, and the SERVER_ERROR of FetchResponse, put the node's own error:
 * - `info.error`: CALL_EXCEPTION, INSUFFICIENT_FUNDS, NONCE_EXPIRED, REPLACEMENT_UNDERPRICED, ACTION_REJECTED.
 * - `error`: UNKNOWN_ERROR.
 * - `info.info.error`: UNSUPPORTED_OPERATION for transactions without replay protection.
 * - `info.responseBody`: SERVER_ERROR, for nodes that send errors with an HTTP status.
 */
function nodeError(fields: Fields): Fields | undefined {
  const info = fieldsOf(fields['info'])
  if (tooManyRequests.test(String(info['responseStatus']))) return undefined
  const places = [info['error'], fields['error'], fieldsOf(info['info'])['error'], parsedBody(info)['error']]
  return places.map(fieldsOf).find(isNodeError)
}

/** What ethers rejects with, as an `EvmClient` reports it: `RPC_REFUSED` if a node said no, else `CHAIN_UNREACHABLE`. */
export function fromEthersError(method: string, error: unknown): WatcherError {
  const fields = fieldsOf(error)
  const answer = nodeError(fields)
  if (answer !== undefined) {
    const { code, message, data } = answer
    return rpcRefused(method, { code: Number(code), message: String(message), data })
  }
  return chainUnreachable(method, String(fields['shortMessage'] ?? fields['message'] ?? error))
}
