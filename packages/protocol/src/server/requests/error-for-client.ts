import { type ErrorCode, hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'

/** Errors whose details name the operator's paths, addresses and nodes; those go into the log only. */
const internals = /^(?:STORE|RPC|CHAIN)_/

/** Whether an error is a failure of the operator's systems or unforeseen, and thus belongs into the log. */
export const isInternal = (error: unknown): boolean => !isWatcherError(error) || internals.test(error.code)

/** What a client is told: its own mistakes in full, failures of the watcher by code and message only. */
export function errorForClient(error: unknown): WatcherError {
  // On the next connection the watcher may be up again.
  if (hasCode(error, 'WATCHER_CLOSED')) return shuttingDown()
  if (!isWatcherError(error)) return new WatcherError('SERVER_FAILED', 'The watcher failed.')
  return internals.test(error.code) ? withoutDetails(error) : error
}

function withoutDetails({ code, shortMessage, retryable, retryAfterMs }: WatcherError): WatcherError {
  return new WatcherError(code, shortMessage, { retryable, retryAfterMs })
}

/** For clients that should come back: retryable, unlike `WATCHER_CLOSED`. */
export const shuttingDown = (): WatcherError =>
  new WatcherError('CONNECTION_LOST' satisfies ErrorCode, 'The watcher is shutting down.')
