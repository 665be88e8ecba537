import { isWatcherError } from '@perun-watcher/core'

/** For labels: one of the error codes, so that there are never more than the catalogue has. */
export function errorCodeOf(error: unknown): string {
  return isWatcherError(error) ? error.code : 'UNEXPECTED'
}
