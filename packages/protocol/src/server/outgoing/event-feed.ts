import { type EventSink, leastUseful, type NumberedEvent, type WatcherError } from '@perun-watcher/core'
import type { ServerMessage } from '../../wire/messages.ts'

/** The events of one watch on their way to its client: bounded, and never more under way than the client keeps up with. */
export interface EventFeed extends EventSink {
  /** Whether `next` has something. */
  readonly isReady: boolean
  /** What is to be sent next: an event, or that the watch ended; `undefined`: nothing for now, or nothing any more. */
  next(): ServerMessage | undefined
  /** Events may be sent: the client knows that the watch began. */
  open(): void
  /** Nothing is told any more, not even an end. */
  silence(): void
  /** @returns `false`, with nothing changed, for what was not sent on this watch. */
  acknowledge(sequence: bigint): boolean
}

export interface EventFeedOptions {
  readonly watch: number
  /** Most events that are sent and not acknowledged. */
  readonly window: number
  /** Most events that wait behind those. */
  readonly limit: number
  /** `next` has something, after it had nothing. May be called more often. */
  readonly onReady: () => void
  readonly onSuperseded: () => void
  /** What the client hears when the engine ends the watch. Called once, when its turn has come. */
  readonly onEnd: (error: Error | undefined) => WatcherError | undefined
}

export function eventFeed(options: EventFeedOptions): EventFeed {
  const { watch, window, limit, onReady } = options
  const waiting: NumberedEvent[] = []
  /** Sequences, ascending. */
  let unacknowledged: readonly bigint[] = []
  let lastSent = 0n
  let isOpen = false
  let end: { readonly error: Error | undefined } | undefined
  let isEndTold = false

  function isReady(): boolean {
    if (!isOpen) return false
    // A watch that ended takes no acknowledgements: what is left of it is sent at once.
    if (end !== undefined) return !isEndTold
    return waiting.length > 0 && unacknowledged.length < window
  }

  function announce(): void {
    if (isReady()) onReady()
  }

  function nextEvent({ event, sequence }: NumberedEvent): ServerMessage {
    lastSent = sequence
    unacknowledged = [...unacknowledged, sequence]
    return { type: 'event', watch, sequence, event }
  }

  return {
    get isReady() {
      return isReady()
    },
    push(event, sequence) {
      if (end !== undefined) return
      waiting.push({ event, sequence })
      if (waiting.length > limit) {
        waiting.splice(leastUseful(waiting), 1)
        options.onSuperseded()
      }
      announce()
    },
    end(error) {
      end ??= { error }
      announce()
    },
    open() {
      isOpen = true
      announce()
    },
    silence() {
      end ??= { error: undefined }
      isEndTold = true
      waiting.length = 0
    },
    next() {
      if (!isReady()) return undefined
      const first = waiting.shift()
      if (first !== undefined) return nextEvent(first)
      isEndTold = true
      return { type: 'watchEnded', watch, error: options.onEnd(end?.error) }
    },
    acknowledge(sequence) {
      if (sequence > lastSent) return false
      unacknowledged = unacknowledged.filter((each) => each > sequence)
      announce()
      return true
    },
  }
}
