import { hasCode, type WatcherError } from '@perun-watcher/core'

/**
 * Whether a refused request is repeated until it succeeds. What only somebody can mend who hears of it is not: a quota
 * does not grow by waiting.
 */
export function isRepeated({ retryable, code }: WatcherError): boolean {
  return retryable && code !== 'QUOTA_EXCEEDED'
}

/**
 * Whether the watcher does not let this client in. That is no reason to give up: an operator may allow the client at any
 * time, and with some transports whoever is on the line can forge it.
 */
export function isRefusal(error: WatcherError | undefined): error is WatcherError {
  return hasCode(error, 'CONNECTION_REFUSED')
}
