/**
 * What one channel's events came under, so that each is handed to the reader once while it is remembered, and
 * acknowledged on the watch that told it last. Pure book-keeping.
 *
 * Every event that is new gets a number, ascending in the order in which the reader gets it. Sequences of the watcher
 * are compared within a watch only: after a crash of the watcher they may name other events.
 *
 * Invariant: a sequence is acknowledged only once the reader has handled it and everything that this watch told before it.
 */
export interface DeliveryRecord {
  /** Another watch begins: what it tells is acknowledged to it alone. */
  beginWatch(): void
  /**
   * The watch told an event.
   *
   * @param bytes the event as it is on the wire.
   * @returns the number for the reader's queue; `undefined` if the reader has the event already.
   */
  told(sequence: bigint, bytes: Uint8Array): bigint | undefined
  /** The reader has handled this event and all with lower numbers. */
  handled(number: bigint): void
  /** The sequence up to which this watch may be told that all is handled; `undefined` if it knows. */
  takeAcknowledgement(): bigint | undefined
}

interface Remembered {
  readonly sequence: bigint
  readonly bytes: Uint8Array
  readonly number: bigint
}

interface Told {
  readonly sequence: bigint
  /** The highest number of this event and those that the watch told before it. */
  readonly number: bigint
}

/** Most bytes of handled events that are remembered per channel. */
const rememberedBytes = 65_536

/** @param limit most events that wait for the reader. */
export function deliveryRecord(limit: number): DeliveryRecord {
  const remembered: Remembered[] = []
  let size = 0
  const unacknowledged: Told[] = []
  let lastNumber = 0n
  let handledUpTo = 0n

  function remember(entry: Remembered): void {
    remembered.push(entry)
    size += entry.bytes.length
    forget()
  }

  /** What the reader has not handled is kept unless the watcher tells far more than fits into the queue. */
  function forget(): void {
    for (let [oldest] = remembered; oldest !== undefined; [oldest] = remembered) {
      const isTooMuch = size > rememberedBytes && oldest.number <= handledUpTo
      if (remembered.length <= 2 * limit && !isTooMuch) return
      remembered.shift()
      size -= oldest.bytes.length
    }
  }

  /** Coarser acknowledgements are as good, so the list stays short whatever the watcher does. */
  function expect(sequence: bigint, number: bigint): void {
    const before = unacknowledged.at(-1)
    const highest = before !== undefined && before.number > number ? before.number : number
    if (unacknowledged.length >= 2 * limit) unacknowledged.pop()
    unacknowledged.push({ sequence, number: highest })
  }

  return {
    beginWatch() {
      unacknowledged.length = 0
    },
    told(sequence, bytes) {
      const known = remembered.find((each) => each.sequence === sequence && isSame(each.bytes, bytes))
      if (known !== undefined) {
        expect(sequence, known.number)
        return undefined
      }
      lastNumber += 1n
      remember({ sequence, bytes, number: lastNumber })
      expect(sequence, lastNumber)
      return lastNumber
    },
    handled(number) {
      if (number > handledUpTo) handledUpTo = number
      forget()
    },
    takeAcknowledgement() {
      let acknowledged: bigint | undefined
      for (let [next] = unacknowledged; next !== undefined && next.number <= handledUpTo; [next] = unacknowledged) {
        acknowledged = next.sequence
        unacknowledged.shift()
      }
      return acknowledged
    },
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
