import { type AdjudicatorEvent, type ChannelId, type EventQueue, type EventSink, eventQueue } from '@perun-watcher/core'
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

export function ears(trace: Trace, chance: Dice): Ears {
  /** Some clients never read. */
  const isDeaf = chance.chance(0.1)
  const unread: UnreadQueue[] = []

  function hear(event: AdjudicatorEvent): void {
    const reason = event.type === 'endangered' ? ` ${event.reason}, ${event.secondsLeft} s left` : ''
    trace.say(`told ${short(event.channelId)} ${event.type} ${'version' in event ? event.version : ''}${reason}`)
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
