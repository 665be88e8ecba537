/** What a message costs besides its length, so that the number of small ones is bounded as well. */
const messageOverhead = 1024

export function costOf(message: Uint8Array): number {
  return messageOverhead + message.length
}

/**
 * The window for messages up to a length. It holds two of the longest, so that messages that were read but not reported yet
 * (at most half of the window) never block the longest message.
 */
export function windowFor(maxMessageBytes: number): number {
  return 2 * (messageOverhead + maxMessageBytes)
}

/** The longest message that fits into a window; negative if none does. */
export function longestFor(window: number): number {
  return Math.floor(window / 2) - messageOverhead
}

/** The longest ZeroMQ frame of such a message, with the header and the overhead of CURVE. */
export function longestFrame(maxMessageBytes: number): number {
  return maxMessageBytes + 128
}

/** Most messages that a window can hold. */
export function mostMessages(window: number): number {
  return Math.ceil(window / messageOverhead)
}

/** Flow control of the sender: never more cost in transit than the receiver has room for. */
export interface SendWindow {
  fits(cost: number): boolean
  sent(cost: number): void
  /** Records what the receiver reports as read. @returns `false` if it cannot have read that much, or nothing new. */
  taken(total: number): boolean
}

export function sendWindow(window: number): SendWindow {
  let sent = 0
  let taken = 0
  return {
    fits: (cost) => sent - taken + cost <= window,
    sent(cost) {
      sent += cost
    },
    taken(total) {
      // Repetitions are refused, or a peer could send a million of them per second at no cost.
      if (total <= taken || total > sent) return false
      taken = total
      return true
    },
  }
}

/** Flow control of the receiver: holds the sender to its window, and decides when to report what was read. */
export interface ReceiveWindow {
  /** @returns `false` if the sender has exceeded its window. */
  received(cost: number): boolean
  /** @returns the total to report now; `undefined`: not yet. */
  taken(cost: number): number | undefined
}

export function receiveWindow(window: number): ReceiveWindow {
  let received = 0
  let taken = 0
  let told = 0
  return {
    received(cost) {
      received += cost
      return received - told <= window
    },
    taken(cost) {
      taken += cost
      if (taken - told < Math.floor(window / 2)) return undefined
      told = taken
      return told
    },
  }
}
