import type { Clock, WatcherError } from '@perun-watcher/core'
import type { GrpcServerLimits } from '../settings/limits.ts'
import { lost, type StreamConnection } from '../stream/stream-connection.ts'
import type { Line, Lines } from './lines.ts'

interface SweepOptions {
  readonly limits: GrpcServerLimits
  readonly clock: Clock
  readonly lines: Lines
  readonly refuse: (stream: StreamConnection, reason: WatcherError) => void
  readonly signal: AbortSignal
}

/**
 * Ends connections that have been silent for too long, and sockets on which nobody opens one. Whoever has called the health or
 * the reflection service has as long as a silent client. Rejects when the signal is aborted.
 */
export async function sweepLines({ limits, clock, lines, refuse, signal }: SweepOptions): Promise<never> {
  for (;;) {
    await clock.sleep(Math.min(limits.openTimeoutMs, limits.idleTimeoutMs) / 2, { signal })
    const now = clock.now()
    for (const line of lines.all()) {
      if (line.opened === undefined) {
        if (now - line.since >= patienceFor(line, limits)) line.socket.destroy()
      } else if (now - line.opened.lastHeard >= limits.idleTimeoutMs) {
        refuse(line.opened.stream, lost('Nothing was heard of the client for too long.'))
      }
    }
  }
}

function patienceFor({ isCalled }: Line, { idleTimeoutMs, openTimeoutMs }: GrpcServerLimits): number {
  return isCalled ? idleTimeoutMs : openTimeoutMs
}
