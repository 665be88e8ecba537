import type { AdjudicatorEvent, AdjudicatorEventsSub } from '@perun-watcher/core'
import { eventQueue } from '@perun-watcher/core/adapter'
import { encodeServerMessage } from '../../wire/server-codec.ts'
import { deliveryRecord } from './delivery-record.ts'

/** Carries the events of one channel from the wire to the reader, and acknowledgements back. */
export interface EventInbox {
  readonly sub: AdjudicatorEventsSub
  /**
   * Another watch begins.
   *
   * @param acknowledge sends an acknowledgement on this watch; replaced by the next watch.
   */
  beginWatch(acknowledge: (sequence: bigint) => void): void
  /** The watch delivered an event. */
  told(event: AdjudicatorEvent, sequence: bigint): void
  end(error?: Error): void
}

/** @param limit most events that wait for the reader. */
export function eventInbox(limit: number): EventInbox {
  const record = deliveryRecord(limit)
  let acknowledge: ((sequence: bigint) => void) | undefined

  function report(): void {
    const sequence = record.takeAcknowledgement()
    if (sequence !== undefined) acknowledge?.(sequence)
  }

  const queue = eventQueue(limit, {
    onHandled(number) {
      record.handled(number)
      report()
    },
  })

  return {
    sub: queue,
    beginWatch(next) {
      record.beginWatch()
      acknowledge = next
    },
    told(event, sequence) {
      const number = record.told(
        sequence,
        encodeServerMessage({ type: 'event', watch: 0, ledgerId: '', sequence, event }),
      )
      if (number !== undefined) queue.push(event, number)
      report()
    },
    end: (error) => queue.end(error),
  }
}
