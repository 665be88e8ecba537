import { isWatcherError, toError, WatcherError } from '@perun-watcher/core'

/** An error of the file system about a path that somebody gave. */
export function fileError(what: string, path: string, error: unknown): WatcherError {
  if (isWatcherError(error)) return error
  return new WatcherError('OPTION_INVALID', what, { details: [`Path ${path}.`, toError(error).message], cause: error })
}
