import { type ErrorCode, WatcherError, type WatcherErrorOptions } from '@perun-watcher/core'

/** What a watcher says when it refuses something. */
export const error = (code: ErrorCode, options: WatcherErrorOptions = {}): WatcherError =>
  new WatcherError(code, 'Refused.', options)
