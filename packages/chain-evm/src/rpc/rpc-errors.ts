import { WatcherError } from '@perun-watcher/core'
import type { RpcRefusal } from './evm-client.ts'

const longestMessage = 500
const urlPattern = /\b(?:https?|wss?):\/\/[^\s"'`<>)\]}]+/gi

/** The text with every URL cut down to scheme and host: user names, keys in paths and queries are secrets. */
export function withoutSecrets(text: string): string {
  const safe = text.replaceAll(urlPattern, (url) => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined
    return parsed === undefined ? '(url)' : `${parsed.protocol}//${parsed.host}/…`
  })
  return safe.length > longestMessage ? `${safe.slice(0, longestMessage - 1)}…` : safe
}

/** The error of an `EvmClient` whose node answered with an error: `RPC_REFUSED`. */
export function rpcRefused(method: string, refusal: RpcRefusal): WatcherError {
  const cause: RpcRefusal = { ...refusal, message: withoutSecrets(refusal.message) }
  return new WatcherError('RPC_REFUSED', `The node refused ${method}.`, {
    details: [`It said: ${cause.message} (${cause.code ?? 'no code'}).`],
    cause,
  })
}

/**
 * The error of an `EvmClient` that got no answer: `CHAIN_UNREACHABLE`. Without the error of the client library, which
 * may hold the URL with its key in any of its fields.
 */
export function chainUnreachable(method: string, message: string): WatcherError {
  return new WatcherError('CHAIN_UNREACHABLE', `The RPC endpoint did not answer ${method}.`, {
    details: [withoutSecrets(message)],
  })
}
