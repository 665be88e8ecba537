import type { WatcherError } from '@perun-watcher/core'
import { type WakeSignal, wakeSignal } from '@perun-watcher/core/adapter'
import type { ServerMessage } from '../../wire/messages.ts'
import type { EventFeed } from './event-feed.ts'

export interface Outgoing {
  readonly message: ServerMessage
  /** Called once the transport has taken the message. */
  readonly onSent?: (() => void) | undefined
}

/**
 * What one connection has to send: answers before events, so that no flood of events holds up an answer, and the events of
 * all watches round-robin, so that no watch holds up another.
 */
export interface SendQueue {
  /** Wakes whenever there may be something new to take, or new room. */
  readonly changes: WakeSignal
  /** How many answers wait. Whoever reads the requests has to bound them. */
  readonly answers: number
  answer(outgoing: Outgoing): void
  /** The feed has a message. */
  ready(feed: EventFeed): void
  /** The next message; `undefined`: none for now. */
  take(): Outgoing | undefined
  /** Sends this Goodbye after the answers that wait, and no more events. */
  finish(goodbye: WatcherError): void
  /** The Goodbye was taken. */
  readonly isFinished: boolean
}

export function sendQueue(): SendQueue {
  const changes = wakeSignal()
  const answers: Outgoing[] = []
  const feeds = new Set<EventFeed>()
  let goodbye: WatcherError | undefined
  let isFinished = false

  function takeEvent(): Outgoing | undefined {
    for (const feed of feeds) {
      feeds.delete(feed)
      const message = feed.next()
      if (message === undefined) continue
      // Round-robin: last in line from now on.
      if (feed.isReady) feeds.add(feed)
      return { message }
    }
    return undefined
  }

  function takeGoodbye(error: WatcherError): Outgoing | undefined {
    if (isFinished) return undefined
    isFinished = true
    return { message: { type: 'goodbye', error } }
  }

  return {
    changes,
    get answers() {
      return answers.length
    },
    get isFinished() {
      return isFinished
    },
    answer(outgoing) {
      answers.push(outgoing)
      changes.wake()
    },
    ready(feed) {
      feeds.add(feed)
      changes.wake()
    },
    take() {
      const answer = answers.shift()
      if (answer !== undefined) {
        changes.wake()
        return answer
      }
      return goodbye === undefined ? takeEvent() : takeGoodbye(goodbye)
    },
    finish(error) {
      goodbye ??= error
      changes.wake()
    },
  }
}
