import { type ErrorCode, hasCode, isWatcherError, WatcherError } from '@perun-watcher/core'

/** Their details name paths, addresses and answers of the operator's own systems; the log has them. */
const internals = /^(?:STORE|RPC|CHAIN)_/

/** A failure of the operator's systems, or one that nobody thought of: for the log. */
export const isInternal = (error: unknown): boolean => !isWatcherError(error) || internals.test(error.code)

/** What a client may know of an error: what it did wrong in full, what failed here only by its code. */
export function errorForClient(error: unknown): WatcherError {
  // The next connection may find a watcher that is up again.
  if (hasCode(error, 'WATCHER_CLOSED')) return shuttingDown()
  if (!isWatcherError(error)) return new WatcherError('SERVER_FAILED', 'The watcher failed.')
  return internals.test(error.code) ? withoutDetails(error) : error
}

function withoutDetails({ code, shortMessage, retryable, retryAfterMs }: WatcherError): WatcherError {
  return new WatcherError(code, shortMessage, { retryable, retryAfterMs })
}

/** Said to clients that are to come back: retryable, other than `WATCHER_CLOSED`. */
export const shuttingDown = (): WatcherError =>
  new WatcherError('CONNECTION_LOST' satisfies ErrorCode, 'The watcher is shutting down.')
