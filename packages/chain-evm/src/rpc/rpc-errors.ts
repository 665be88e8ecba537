import { hasCode, WatcherError } from '@perun-watcher/core'
import type { NoAnswer, RpcRefusal } from './evm-client.ts'

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

/** What a log can print, unlike a plain object. Without a stack: where it was made says nothing. */
function causeOf(message: string, fields: object): Error {
  return Object.assign(new Error(message), fields, { stack: undefined })
}

/** The error of an `EvmClient` whose node answered with an error: `RPC_REFUSED`. */
export function rpcRefused(method: string, { code, message, data }: RpcRefusal): WatcherError {
  const said = withoutSecrets(message)
  return new WatcherError('RPC_REFUSED', `The node refused ${method}.`, {
    details: [`It said: ${said} (${code ?? 'no code'}).`],
    cause: causeOf(said, { ...(code === undefined ? {} : { code }), data }),
  })
}

/**
 * The error of an `EvmClient` that got no answer: `CHAIN_UNREACHABLE`. Without the error of the client library, which
 * may hold the URL with its key in any of its fields.
 *
 * @param known - what the client library tells, so that a refusal of the size can be told from an outage.
 */
export function chainUnreachable(method: string, message: string, known?: NoAnswer): WatcherError {
  const text = known?.text === undefined ? undefined : withoutSecrets(known.text)
  const status = known?.status === undefined ? [] : [`HTTP status ${known.status}.`]
  return new WatcherError('CHAIN_UNREACHABLE', `The RPC endpoint did not answer ${method}.`, {
    details: [withoutSecrets(message), ...status, ...(text === undefined ? [] : [`It said: ${text}`])],
    ...(known === undefined
      ? {}
      : { cause: causeOf(text ?? withoutSecrets(message), { noAnswer: { ...known, text } }) }),
  })
}

/** What is known of a missing answer, where `error` is a `CHAIN_UNREACHABLE` of an `EvmClient` that says so. */
export function noAnswerOf(error: unknown): NoAnswer | undefined {
  if (!hasCode(error, 'CHAIN_UNREACHABLE')) return undefined
  const { cause } = error
  if (typeof cause !== 'object' || cause === null || !('noAnswer' in cause)) return undefined
  return cause.noAnswer as NoAnswer
}
