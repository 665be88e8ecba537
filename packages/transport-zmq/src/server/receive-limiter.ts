import type { Clock } from '@perun-watcher/core'
import type { IntakeGuard } from '../frames/frame-connection.ts'
import type { ServerLimits } from '../settings/limits.ts'
import { tokenBucket } from './pacer.ts'

/** What waits to be read, of all connections of a server. */
export interface IntakeTotals {
  bufferedBytes: number
}

interface IntakeOptions {
  readonly limits: ServerLimits
  readonly clock: Clock
  readonly totals: IntakeTotals
  /** All connections together have more waiting than allowed, and this one sent last. */
  readonly onOverflow: () => void
}

/** Keeps one connection to its rates and all together to their memory. */
export function intakeGuard({ limits, clock, totals, onOverflow }: IntakeOptions): IntakeGuard {
  const messages = tokenBucket(limits.messagesPerSecond)
  const bytes = tokenBucket(limits.bytesPerSecond)

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
      const wait = Math.max(messages.debtMs(now), bytes.debtMs(now))
      return wait > 0 ? clock.sleep(wait, options) : undefined
    },
  }
}
