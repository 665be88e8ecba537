import type { AdjudicatorEvent, ChannelId } from '@perun-watcher/core'
import {
  assertNever,
  type EngineWatch,
  type EventQueue,
  type EventSink,
  eventQueue,
  type NumberedEvent,
} from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Scheduler } from '../../world/scheduler.ts'
import { short, type Trace } from '../../world/trace.ts'

/** What the watcher pushed in one watch, and how much of it the client has handled. */
export interface Heard {
  readonly events: readonly NumberedEvent[]
  readonly handled: number
}

/** What a client heard in one watch, from its start on. */
export interface Hearing {
  readonly channelId: ChannelId
  readonly run: number
  readonly sinceMs: number
  readonly heard: Heard
  /** Changes when the client stops the channel: what is told after that is counted afresh. */
  enrolment: number
  /** A later watch of the same channel took its place. */
  isOver: boolean
}

/** Events that nobody reads, in the queue that stands between the engine and a reader. */
export interface UnreadQueue {
  readonly limit: number
  readonly queue: EventQueue
  readonly pushed: Heard
}

/** Where the events of one watch go. */
export interface Listener {
  readonly sink: EventSink
  readonly heard: Heard
  /** From now on the client reads, one event after the other, as long as the watch is alive. */
  open(watch: EngineWatch, isAlive: () => boolean): void
}

/** Where the events of a client's watches go. */
export interface Listeners {
  readonly unread: readonly UnreadQueue[]
  listen(): Listener
}

export interface ListenersDeps {
  readonly time: Scheduler
  readonly trace: Trace
  readonly dice: Dice
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
    case 'stateNeeded':
    case 'learned':
    case 'refuted':
      return `${event.type} ${event.version}`
    default:
      return assertNever(event)
  }
}

export function listeners({ time, trace, dice }: ListenersDeps): Listeners {
  /** Some clients never read. */
  const isDeaf = dice.chance(0.1)
  const unread: UnreadQueue[] = []

  function hear(event: AdjudicatorEvent): void {
    trace.say(`told ${short(event.channelId)} ${describe(event)}`)
    if (event.type !== 'endangered') trace.meet(`rule: told ${event.type}`)
    else if (
      event.reason !== 'tree-too-large' &&
      event.reason !== 'history-cut' &&
      event.reason !== 'store-failing' &&
      event.reason !== 'budget-exceeded' &&
      event.reason !== 'other'
    )
      trace.meet(`rule: endangered ${event.reason}`)
    if ('finality' in event && event.finality === 'final') trace.meet('rule: told final')
  }

  function listen(): Listener {
    const events: NumberedEvent[] = []
    const heard = { events, handled: 0 }
    const queue = isDeaf ? eventQueue(queueLimit) : undefined
    if (queue !== undefined) unread.push({ limit: queueLimit, queue, pushed: heard })
    let reading: { readonly watch: EngineWatch; readonly isAlive: () => boolean } | undefined
    let isBusy = false

    /** Takes its time with each event; what it has not handled when the watch dies, it forgets. */
    function readOn(): void {
      const next = events[heard.handled]
      if (isDeaf || isBusy || reading === undefined || next === undefined) return
      const { watch, isAlive } = reading
      isBusy = true
      time.after(dice.int(1, 3_000), () => {
        isBusy = false
        if (!isAlive()) return
        heard.handled += 1
        watch.acknowledge(next.sequence)
        readOn()
      })
    }

    return {
      sink: {
        push(event, sequence) {
          events.push({ event, sequence })
          queue?.push(event, sequence)
          hear(event)
          readOn()
        },
        end() {},
      },
      heard,
      open(watch, isAlive) {
        reading = { watch, isAlive }
        readOn()
      },
    }
  }

  return { unread, listen }
}
