import { WatcherError } from '@perun-watcher/core'

/** For everything that waits when the client is shut down, and for every later call. */
export const clientClosed = (): WatcherError => new WatcherError('WATCHER_CLOSED', 'The client was shut down.')
