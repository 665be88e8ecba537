import { isWatcherError } from '@perun-watcher/core'

/** Of everything that is no WatcherError. */
export const unknownCode = 'UNEXPECTED'

/** For labels: one of the error codes, so that there are never more than the catalogue has. */
export function errorCodeOf(error: unknown): string {
  return isWatcherError(error) ? error.code : unknownCode
}
