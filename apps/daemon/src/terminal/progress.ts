import type { Clock } from '@perun-watcher/core'
import type { Channel } from './output.ts'

/** Reports the progress of long work. */
export interface Progress {
  /** May be called often; writes only now and then. */
  at(count: number): void
  /** Clears the progress line. */
  end(): void
}

const liveMs = 200
const logMs = 10_000

/** One line that is redrawn on a terminal, a line now and then in a log. Quick work prints nothing. */
export function progressOn(channel: Channel, clock: Clock, what: string): Progress {
  const everyMs = channel.isLive ? liveMs : logMs
  let last = clock.now()
  let isDrawn = false
  return {
    at(count) {
      if (clock.now() - last < everyMs) return
      last = clock.now()
      isDrawn = channel.isLive
      channel.write(channel.isLive ? `\r${what}: ${count}\u001B[K` : `${what}: ${count}\n`)
    },
    end() {
      if (isDrawn) channel.write('\r\u001B[K')
    },
  }
}
