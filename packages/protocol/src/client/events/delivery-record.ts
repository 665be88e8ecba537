import { equalBytes } from '../../wire/equal-bytes.ts'

/**
 * Remembers under which sequence each event of a channel arrived, so that the reader gets it only once although the watcher
 * repeats it, and so that it is acknowledged on the watch that delivered it last. Pure book-keeping.
 *
 * Each new event gets a number of its own, ascending in the order in which the reader gets the events. The watcher's
 * sequences are comparable within one watch only: after a crash of the watcher they may name other events.
 *
 * Invariant: a sequence is acknowledged only once the reader has handled it and everything that this watch delivered before.
 */
export interface DeliveryRecord {
  /** Another watch begins: what it delivers is acknowledged on it alone. */
  beginWatch(): void
  /**
   * The watch delivered an event.
   *
   * @param bytes the event as it is on the wire.
   * @returns the number for the reader's queue; `undefined` if the reader has the event already.
   */
  told(sequence: bigint, bytes: Uint8Array): bigint | undefined
  /** The reader has handled this event and all with lower numbers. */
  handled(number: bigint): void
  /** The sequence up to which everything is handled, to be acknowledged on this watch; `undefined`: nothing new. */
  takeAcknowledgement(): bigint | undefined
}

interface Remembered {
  readonly sequence: bigint
  readonly bytes: Uint8Array
  readonly number: bigint
}

interface Told {
  readonly sequence: bigint
  /** The highest number of this event and those that the watch delivered before it. */
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

  /** Unhandled events are remembered unless the watcher sends far more than fits into the reader's queue. */
  function forget(): void {
    for (let [oldest] = remembered; oldest !== undefined; [oldest] = remembered) {
      const isTooMuch = size > rememberedBytes && oldest.number <= handledUpTo
      if (remembered.length <= 2 * limit && !isTooMuch) return
      remembered.shift()
      size -= oldest.bytes.length
    }
  }

  /** Coarser acknowledgements serve as well, so the list can be bounded whatever the watcher sends. */
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
      const known = remembered.find((each) => each.sequence === sequence && equalBytes(each.bytes, bytes))
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
