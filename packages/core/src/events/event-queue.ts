import type { AdjudicatorEvent } from '../model/events.ts'
import type { EventSink } from '../spi/engine.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { NumberedEvent } from '../spi/store.ts'
import type { AdjudicatorEventsSub } from '../spi/watcher.ts'
import { leastUseful } from './coalescing.ts'

export interface EventQueue extends EventSink, AdjudicatorEventsSub {
  /**
   * Like `next`, with the sequence of the event, for a reader that acknowledges for itself: says nothing about the event
   * before.
   */
  take(options?: AbortOptions): Promise<NumberedEvent | undefined>
}

export interface EventQueueOptions {
  /** Called once when the reader closes the queue. */
  readonly onClose?: (() => void) | undefined
  /**
   * Called with the sequence of an event when the reader asks for the next one: then it has handled it. For one reader
   * that reads one event after the other; several at a time would answer for each other.
   */
  readonly onHandled?: ((sequence: bigint) => void) | undefined
  /** Adds to an event what its reader is to know besides. Default: nothing. */
  readonly describe?: ((event: AdjudicatorEvent) => Promise<AdjudicatorEvent>) | undefined
}

interface Waiter {
  readonly resolve: (next: NumberedEvent | undefined) => void
}

/**
 * A bounded queue between the engine, which never waits, and a reader, who may be slow or gone. When it is full, the
 * oldest event that a newer one of the same kind supersedes gives way; where there is none, the oldest of all.
 *
 * @param limit most events that wait, at least 1.
 */
export function eventQueue(limit: number, { onClose, onHandled, describe }: EventQueueOptions = {}): EventQueue {
  const waiting: NumberedEvent[] = []
  const waiters = new Set<Waiter>()
  let ended = false
  let failure: Error | undefined
  /** What `next` returned last, while the reader may still be handling it. */
  let inHand: bigint | undefined

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

  function waitForNext(signal: AbortSignal | undefined): Promise<NumberedEvent | undefined> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiters.delete(waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        resolve: (next) => {
          signal?.removeEventListener('abort', onAbort)
          resolve(next)
        },
      }
      waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  async function take({ signal }: AbortOptions = {}): Promise<NumberedEvent | undefined> {
    signal?.throwIfAborted()
    const first = waiting.shift()
    return first !== undefined || ended ? first : waitForNext(signal)
  }

  async function next(options: AbortOptions = {}): Promise<AdjudicatorEvent | undefined> {
    options.signal?.throwIfAborted()
    if (inHand !== undefined) onHandled?.(inHand)
    inHand = undefined
    const taken = await take(options)
    inHand = taken?.sequence
    return taken && (describe === undefined ? taken.event : await describe(taken.event))
  }

  async function close(): Promise<void> {
    if (ended) return
    waiting.length = 0
    end()
    onClose?.()
  }

  return {
    push(event, sequence) {
      if (ended) return
      const waiter = takeWaiter()
      if (waiter !== undefined) return waiter.resolve({ event, sequence })
      waiting.push({ event, sequence })
      if (waiting.length > limit) waiting.splice(leastUseful(waiting), 1)
    },
    end,
    take,
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
