import { WatcherError } from '../errors/watcher-error.ts'

/** An export that cannot be imported. */
export const badExport = (message: string, detail: string, cause?: unknown): WatcherError =>
  new WatcherError('EXPORT_INVALID', message, { details: [detail], cause })
