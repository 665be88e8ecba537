import { type AbortOptions, type Clock, WatcherError } from '@perun-watcher/core'

export interface HeartbeatOptions extends AbortOptions {
  readonly clock: Clock
  /** Milliseconds between two pings. */
  readonly intervalMs: number
  readonly ping: () => void
  /** How many messages came so far. */
  readonly heard: () => number
}

/**
 * Sends a ping again and again, so that the watcher knows that the client is there, and notices when nothing comes back.
 *
 * @returns why the connection is lost. Rejects with the signal's reason.
 */
export async function heartbeat(options: HeartbeatOptions): Promise<WatcherError> {
  const { clock, intervalMs, ping, heard, signal } = options
  for (let heardBefore: number | undefined; ; heardBefore = heard(), ping()) {
    const begin = clock.now()
    await clock.sleep(intervalMs, { signal })
    const pauseMs = clock.now() - begin
    // This machine slept: the watcher has given up on the connection, whatever this end believes.
    if (pauseMs > 3 * intervalMs) return lost(`This machine was asleep for about ${Math.round(pauseMs / 1000)} s.`)
    if (heard() === heardBefore) return lost(`Nothing came for ${Math.round(pauseMs / 1000)} s, not even a pong.`)
  }
}

function lost(detail: string): WatcherError {
  return new WatcherError('CONNECTION_LOST', 'The watcher does not answer.', { details: [detail] })
}
