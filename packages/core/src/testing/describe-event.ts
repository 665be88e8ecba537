import type { AdjudicatorEvent } from '../model/events.ts'

/** What an event says, in short. */
export function describeEvent(event: AdjudicatorEvent): string {
  switch (event.type) {
    case 'removed':
      return `removed ${event.fact.type} ${event.fact.version}`
    case 'endangered':
      return `endangered ${event.reason}`
    case 'registered':
    case 'progressed':
    case 'concluded':
      return `${event.type} ${event.version}${event.finality === 'final' ? ' final' : ''}`
    default:
      return `${event.type} ${event.version}`
  }
}
