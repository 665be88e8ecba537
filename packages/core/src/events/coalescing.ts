import { assertNever } from '../errors/watcher-error.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { NumberedEvent } from '../spi/store.ts'

/**
 * What a full queue or mailbox does without: the oldest event that a newer one of the same kind supersedes, or else the
 * oldest of all.
 *
 * @returns its index.
 */
export function leastUseful(events: readonly NumberedEvent[]): number {
  const lastOfTopic = new Map(events.map(({ event }, index) => [topicOf(event), index]))
  const index = events.findIndex(({ event }, at) => lastOfTopic.get(topicOf(event)) !== at)
  return Math.max(0, index)
}

/** Events with the same topic tell the same thing at different times. */
function topicOf(event: AdjudicatorEvent): string {
  switch (event.type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return `${event.type} ${event.finality}`
    case 'endangered':
      return `endangered ${event.reason}`
    case 'stateNeeded':
      // One watch may hear of several channels.
      return `stateNeeded ${event.channelId}`
    case 'removed':
    case 'learned':
    case 'refuted':
      return event.type
    default:
      return assertNever(event)
  }
}
