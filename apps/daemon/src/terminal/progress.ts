import type { Clock } from '@perun-watcher/core'
import type { Channel } from './output.ts'

/** Says how far long work has come. */
export interface Progress {
  /** May be called as often as one likes. */
  at(count: number): void
  /** Leaves a line behind that was drawn over. */
  end(): void
}

const liveMs = 200
const logMs = 10_000

/** On a terminal one line that is drawn over; in a log a line now and then. Work that ends soon says nothing. */
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
