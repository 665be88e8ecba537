import { assertNever } from '../errors/watcher-error.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { EventSink } from '../spi/engine.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { AdjudicatorEventsSub } from '../spi/watcher.ts'

export interface EventQueue extends EventSink, AdjudicatorEventsSub {}

interface Waiter {
  readonly resolve: (event: AdjudicatorEvent | undefined) => void
}

/**
 * A bounded queue between the engine, which never waits, and a reader, who may be slow or gone. When it is full, the
 * oldest event that a newer one of the same kind supersedes gives way; where there is none, the oldest of all.
 *
 * @param limit most events that wait, at least 1.
 * @param onClose called once when the reader closes the queue.
 */
export function eventQueue(limit: number, onClose: () => void = () => {}): EventQueue {
  const waiting: AdjudicatorEvent[] = []
  const waiters = new Set<Waiter>()
  let ended = false
  let failure: Error | undefined

  function end(error?: Error): void {
    if (ended) return
    ended = true
    failure = error
    for (const waiter of waiters) waiter.resolve(undefined)
    waiters.clear()
  }

  function takeWaiter(): Waiter | undefined {
    const [waiter] = waiters
    if (waiter !== undefined) waiters.delete(waiter)
    return waiter
  }

  function waitForNext(signal: AbortSignal | undefined): Promise<AdjudicatorEvent | undefined> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiters.delete(waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        resolve: (event) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(event)
        },
      }
      waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  async function next(options: AbortOptions = {}): Promise<AdjudicatorEvent | undefined> {
    options.signal?.throwIfAborted()
    const event = waiting.shift()
    if (event !== undefined || ended) return event
    return waitForNext(options.signal)
  }

  async function close(): Promise<void> {
    if (ended) return
    waiting.length = 0
    end()
    onClose()
  }

  return {
    push(event) {
      if (ended) return
      const waiter = takeWaiter()
      if (waiter !== undefined) return waiter.resolve(event)
      waiting.push(event)
      if (waiting.length > limit) waiting.splice(leastUseful(waiting), 1)
    },
    end,
    next,
    close,
    get error() {
      return failure
    },
    async *[Symbol.asyncIterator]() {
      for (let event = await next(); event !== undefined; event = await next()) yield event
      if (failure !== undefined) throw failure
    },
  }
}

/** Index of the event to drop: the first that a later one supersedes, or else the first. */
function leastUseful(events: readonly AdjudicatorEvent[]): number {
  const lastOfTopic = new Map(events.map((event, index) => [topicOf(event), index]))
  const index = events.findIndex((event, at) => lastOfTopic.get(topicOf(event)) !== at)
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
    case 'removed':
    case 'learned':
    case 'refuted':
      return event.type
    default:
      return assertNever(event)
  }
}
