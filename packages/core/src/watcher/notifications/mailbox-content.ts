import { leastUseful } from '../../events/coalescing.ts'
import type { Mailbox, StoredEvent } from '../../spi/store.ts'

/** A mailbox that never held anything. */
export const emptyMailbox: Mailbox = { lastSequence: 0n, events: [] }

/** The mailbox with one more event, under the next sequence. Where it would hold more than `limit`, the least useful goes. */
export function appended(
  { lastSequence, events }: Mailbox,
  { ledger, event }: Omit<StoredEvent, 'sequence'>,
  limit: number,
): Mailbox {
  const sequence = lastSequence + 1n
  const after = [...events, { sequence, ledger, event }]
  if (after.length > limit) after.splice(leastUseful(after), 1)
  return { lastSequence: sequence, events: after }
}

/** The mailbox without the events up to and including `sequence`; itself where there are none. */
export function acknowledgedUpTo(mailbox: Mailbox, sequence: bigint): Mailbox {
  const events = mailbox.events.filter((each) => each.sequence > sequence)
  return events.length === mailbox.events.length ? mailbox : { ...mailbox, events }
}
