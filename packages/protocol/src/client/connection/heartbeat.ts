import { type AbortOptions, type Clock, WatcherError } from '@perun-watcher/core'

export interface HeartbeatOptions extends AbortOptions {
  readonly clock: Clock
  /** Milliseconds between two pings. */
  readonly intervalMs: number
  readonly ping: () => void
  /** How many messages have arrived so far. */
  readonly heard: () => number
}

/**
 * Sends pings at an interval, so that the watcher keeps the connection, and notices when nothing comes back.
 *
 * @returns why the connection counts as lost. Rejects with the signal's reason.
 */
export async function heartbeat(options: HeartbeatOptions): Promise<WatcherError> {
  const { clock, intervalMs, ping, heard, signal } = options
  for (let heardBefore: number | undefined; ; heardBefore = heard(), ping()) {
    const begin = clock.now()
    await clock.sleep(intervalMs, { signal })
    const pauseMs = clock.now() - begin
    // This machine was suspended: the watcher has dropped the connection by now, though this end has not noticed.
    if (pauseMs > 3 * intervalMs) return lost(`This machine was asleep for about ${Math.round(pauseMs / 1000)} s.`)
    if (heard() === heardBefore) return lost(`Nothing came for ${Math.round(pauseMs / 1000)} s, not even a pong.`)
  }
}

function lost(detail: string): WatcherError {
  return new WatcherError('CONNECTION_LOST', 'The watcher does not answer.', { details: [detail] })
}
