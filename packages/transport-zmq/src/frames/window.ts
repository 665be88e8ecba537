/** What a message costs besides its length, so that many small ones are bounded as well. */
const messageOverhead = 1024

export function costOf(message: Uint8Array): number {
  return messageOverhead + message.length
}

/**
 * The window for messages up to a length: it holds two of them, so that what was taken but not yet told (at most half of
 * the window) never keeps the longest message waiting.
 */
export function windowFor(maxMessageBytes: number): number {
  return 2 * (messageOverhead + maxMessageBytes)
}

/** The longest message for which a window has room; negative if it has room for none. */
export function longestFor(window: number): number {
  return Math.floor(window / 2) - messageOverhead
}

/** The longest ZeroMQ frame that such a message makes, with its kind and what CURVE adds. */
export function longestFrame(maxMessageBytes: number): number {
  return maxMessageBytes + 128
}

/** Most messages that a window can hold. */
export function mostMessages(window: number): number {
  return Math.ceil(window / messageOverhead)
}

/** What one side may send: never more cost under way than the other side has room for. */
export interface SendWindow {
  fits(cost: number): boolean
  sent(cost: number): void
  /** Whether the other side can have taken so much; if so, there is room for as much more. */
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
      // It must say something new: whoever may repeat it may do so a million times a second.
      if (total <= taken || total > sent) return false
      taken = total
      return true
    },
  }
}

/** What one side has received: keeps the other side to its window and knows when to tell it what was taken. */
export interface ReceiveWindow {
  /** Whether the other side still had room for it. */
  received(cost: number): boolean
  /** The total to tell the other side now, if it is time. */
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
