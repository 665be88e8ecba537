import { hasCode, type WatcherError } from '@perun-watcher/core'

/**
 * Whether a refused request is repeated until it succeeds. A full quota is not worth repeating although it is marked
 * retryable: somebody has to hear of it and act.
 */
export function isRepeated({ retryable, code }: WatcherError): boolean {
  return retryable && code !== 'QUOTA_EXCEEDED'
}

/**
 * Whether the watcher does not admit this client. No reason to give up: the operator may allow the client at any time, and
 * on some transports an attacker on the network path can forge a refusal.
 */
export function isRefusal(error: WatcherError | undefined): error is WatcherError {
  return hasCode(error, 'CONNECTION_REFUSED')
}
