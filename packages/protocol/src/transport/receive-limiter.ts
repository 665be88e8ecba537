import type { AbortOptions, Clock } from '@perun-watcher/core'
import type { ServerLimits } from './limits.ts'
import { pacer } from './pacer.ts'

/** Limits the rate and the memory of the messages that one connection receives. */
export interface ReceiveLimiter {
  /** A message of this cost was received and waits for its reader. */
  arrived(cost: number): void
  /** The message was read, or was discarded. */
  left(message: Uint8Array, cost: number): void
  /** Resolves when the next message may be read, to slow down a peer that sends too fast; `undefined`: at once. */
  ready(options: AbortOptions): Promise<void> | undefined
}

/** What waits to be read on all connections of a server. */
export interface ReceiveTotals {
  bufferedBytes: number
}

export interface ReceiveLimiterOptions {
  readonly limits: Pick<ServerLimits, 'maxBufferedBytes' | 'messagesPerSecond' | 'bytesPerSecond'>
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
