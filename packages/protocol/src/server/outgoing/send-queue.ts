import { type WakeSignal, type WatcherError, wakeSignal } from '@perun-watcher/core'
import type { ServerMessage } from '../../wire/messages.ts'
import type { EventFeed } from './event-feed.ts'

export interface Outgoing {
  readonly message: ServerMessage
  /** To be called once the transport has taken it. */
  readonly onSent?: (() => void) | undefined
}

/**
 * What one connection is to send, in the order in which it is sent: answers before events, so that no flood of events
 * holds up an answer; events of all watches in turn, so that no watch holds up another.
 */
export interface SendQueue {
  /** Wakes whenever there may be more to take, or more room. */
  readonly changes: WakeSignal
  /** How many answers wait. Bounding them is up to who reads the requests. */
  readonly answers: number
  answer(outgoing: Outgoing): void
  /** The feed has something. */
  ready(feed: EventFeed): void
  /** The next message; `undefined`: none for now. */
  take(): Outgoing | undefined
  /** After the answers that wait the last message is said, and events are not sent any more. */
  finish(goodbye: WatcherError): void
  /** The last message was taken. */
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
      // At the end of the line.
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
