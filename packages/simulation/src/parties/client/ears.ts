import {
  type AdjudicatorEvent,
  assertNever,
  type ChannelId,
  type EventQueue,
  type EventSink,
  eventQueue,
} from '@perun-watcher/core'
import type { Dice } from '../../world/random.ts'
import { short, type Trace } from '../../world/trace.ts'

/** What a client heard in one watch, from its start on. */
export interface Hearing {
  readonly channelId: ChannelId
  readonly run: number
  readonly sinceMs: number
  readonly events: readonly AdjudicatorEvent[]
  /** A later watch of the same channel took its place. */
  isOver: boolean
}

/** Events that nobody reads, in the queue that stands between the engine and a reader. */
export interface UnreadQueue {
  readonly limit: number
  readonly queue: EventQueue
  readonly pushed: readonly AdjudicatorEvent[]
}

/** Where the events of a client's watches go. */
export interface Ears {
  readonly unread: readonly UnreadQueue[]
  /** A sink for a new watch, and the events that came through it. */
  listen(): { readonly sink: EventSink; readonly events: readonly AdjudicatorEvent[] }
}

const queueLimit = 16

function describe(event: AdjudicatorEvent): string {
  switch (event.type) {
    case 'registered':
    case 'progressed':
    case 'concluded':
      return `${event.type} ${event.version} ${event.finality} in block ${event.block.number}`
    case 'removed':
      return `removed: ${describe(event.fact)}`
    case 'endangered':
      return `endangered ${event.version} ${event.reason}, ${event.secondsLeft} s left`
    case 'learned':
    case 'refuted':
      return `${event.type} ${event.version}`
    default:
      return assertNever(event)
  }
}

export function ears(trace: Trace, chance: Dice): Ears {
  /** Some clients never read. */
  const isDeaf = chance.chance(0.1)
  const unread: UnreadQueue[] = []

  function hear(event: AdjudicatorEvent): void {
    trace.say(`told ${short(event.channelId)} ${describe(event)}`)
    if (event.type !== 'endangered') trace.meet(`rule: told ${event.type}`)
    else if (event.reason !== 'tree-too-large') trace.meet(`rule: endangered ${event.reason}`)
    if ('finality' in event && event.finality === 'final') trace.meet('rule: told final')
  }

  return {
    unread,
    listen() {
      const events: AdjudicatorEvent[] = []
      const queue = isDeaf ? eventQueue(queueLimit) : undefined
      if (queue !== undefined) unread.push({ limit: queueLimit, queue, pushed: events })
      const sink: EventSink = {
        push(event) {
          events.push(event)
          queue?.push(event)
          hear(event)
        },
        end() {},
      }
      return { sink, events }
    },
  }
}
