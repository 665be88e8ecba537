import type { Clock } from '@perun-watcher/core'
import type { ServerLimits } from '../settings/limits.ts'
import type { ReceiveLimiter } from '../stream/stream-connection.ts'
import { pacer } from './pacer.ts'

/** What waits to be read on all connections of a server. */
export interface ReceiveTotals {
  bufferedBytes: number
}

interface ReceiveLimiterOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly totals: ReceiveTotals
  /** More is waiting on all connections together than allowed, and this one sent last. */
  readonly onOverflow: () => void
}

/** Limits the rates of one connection, and the memory of all together. */
export function receiveLimiter({ limits, clock, totals, onOverflow }: ReceiveLimiterOptions): ReceiveLimiter {
  const messages = pacer(limits.messagesPerSecond)
  const bytes = pacer(limits.bytesPerSecond)

  return {
    arrived(cost) {
      totals.bufferedBytes += cost
      if (totals.bufferedBytes > limits.maxBufferedBytes) onOverflow()
    },
    left(message, cost) {
      totals.bufferedBytes -= cost
      const now = clock.now()
      messages.spend(1, now)
      bytes.spend(message.length, now)
    },
    ready(options) {
      const now = clock.now()
      const wait = Math.max(messages.delayMs(now), bytes.delayMs(now))
      return wait > 0 ? clock.sleep(wait, options) : undefined
    },
  }
}
