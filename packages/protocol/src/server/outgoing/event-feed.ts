import type { AdjudicatorEvent, WatcherError } from '@perun-watcher/core'
import type { EventSink } from '@perun-watcher/core/adapter'
import { leastUseful } from '@perun-watcher/core/internal'
import type { ServerMessage } from '../../wire/messages.ts'

/** The events of one watch on their way to the client: a bounded queue behind a window of unacknowledged ones. */
export interface EventFeed extends EventSink {
  /** Whether `next` has a message. */
  readonly isReady: boolean
  /** The next message: an event, or the end of the watch; `undefined`: none for now, or no more. */
  next(): ServerMessage | undefined
  /** Events may be sent from now on: the client has been told that the watch started. */
  open(): void
  /** Nothing more is sent, not even the end of the watch. */
  silence(): void
  /** @returns `false`, and changes nothing, for a sequence that was not sent on this watch. */
  acknowledge(sequence: bigint): boolean
}

export interface EventFeedOptions {
  readonly watch: number
  /** Of the adjudicator that the events are about. */
  readonly ledgerId: string
  /** Most events that are sent but not acknowledged. */
  readonly window: number
  /** Most events that wait behind those. */
  readonly limit: number
  /** Adds to an event what the client is to know besides. Resolves within a few seconds, and never rejects. */
  readonly describe: (event: AdjudicatorEvent) => Promise<AdjudicatorEvent>
  /** Called when `next` has a message after having had none; may be called more often. */
  readonly onReady: () => void
  readonly onSuperseded: () => void
  /** Makes the error of the client's WatchEnded from that of the engine. Called once, when it is about to be sent. */
  readonly onEnd: (error: Error | undefined) => WatcherError | undefined
}

interface Waiting {
  readonly sequence: bigint
  event: AdjudicatorEvent
  /** `described`: nothing will be added to it any more. */
  phase: 'bare' | 'asked' | 'described'
}

/** So many at the front are described: states are large, and most of what waits for a slow client gives way to newer events. */
const mostDescribed = 4

export function eventFeed(options: EventFeedOptions): EventFeed {
  const { watch, ledgerId, window, limit, onReady } = options
  const waiting: Waiting[] = []
  /** Sequences, ascending. */
  let unacknowledged: readonly bigint[] = []
  let lastSent = 0n
  let isOpen = false
  let end: { readonly error: Error | undefined } | undefined
  let isEndTold = false

  function isReady(): boolean {
    if (!isOpen) return false
    // An ended watch waits for nothing: its remaining events are sent at once.
    if (end !== undefined) return !isEndTold
    return waiting[0]?.phase === 'described' && unacknowledged.length < window
  }

  function announce(): void {
    if (isReady()) onReady()
  }

  async function describe(entry: Waiting): Promise<void> {
    entry.phase = 'asked'
    entry.event = await options.describe(entry.event)
    entry.phase = 'described'
    announce()
  }

  function describeFirst(): void {
    for (const entry of waiting.slice(0, mostDescribed)) if (entry.phase === 'bare') void describe(entry)
  }

  function nextEvent({ event, sequence }: Waiting): ServerMessage {
    lastSent = sequence
    unacknowledged = [...unacknowledged, sequence]
    return { type: 'event', watch, sequence, ledgerId, event }
  }

  return {
    get isReady() {
      return isReady()
    },
    push(event, sequence) {
      if (end !== undefined) return
      waiting.push({ event, sequence, phase: 'bare' })
      if (waiting.length > limit) {
        waiting.splice(leastUseful(waiting), 1)
        options.onSuperseded()
      }
      describeFirst()
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
      describeFirst()
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
