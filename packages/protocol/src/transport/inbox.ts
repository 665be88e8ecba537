import type { AbortOptions, WatcherError } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import type { ReceiveLimiter } from './receive-limiter.ts'

/** The messages of one connection that wait for their reader, as slowly as the limits of its server want it. */
export interface Inbox {
  /** A message has come. Ignored once the inbox has ended: nothing comes behind an end. */
  push(message: Uint8Array): void
  /** No more messages: those that wait can still be read. The first reason counts; `undefined`: in order. */
  end(failure: WatcherError | undefined): void
  /** Nobody will read what waits: its memory is free for other connections, and a reader that pauses is woken. */
  drop(reason: WatcherError): void
  /** `Connection.receive`. */
  receive(options?: AbortOptions): Promise<Uint8Array | undefined>
}

export interface InboxOptions {
  /** What a message costs the memory of the process. */
  readonly costOf: (message: Uint8Array) => number
  /** A message has been read: there is room for as much. */
  readonly onTaken: (cost: number) => void
  /** Default: no limits. */
  readonly limiter?: ReceiveLimiter | undefined
}

export function inbox({ costOf, onTaken, limiter }: InboxOptions): Inbox {
  const waiting: Uint8Array[] = []
  const changed = wakeSignal()
  /** Aborts a pause of the reader. */
  const dropped = new AbortController()
  let isOver = false
  /** Why it ended; `undefined`: in order. */
  let failure: WatcherError | undefined

  function take(): Uint8Array | undefined {
    const message = waiting.shift()
    if (message === undefined) return undefined
    const cost = costOf(message)
    limiter?.left(message, cost)
    onTaken(cost)
    return message
  }

  function end(reason: WatcherError | undefined): void {
    if (isOver) return
    isOver = true
    failure = reason
    changed.wake()
  }

  return {
    push(message) {
      if (isOver) return
      waiting.push(message)
      limiter?.arrived(costOf(message))
      changed.wake()
    },
    end,
    drop(reason) {
      end(reason)
      failure ??= reason
      dropped.abort(failure)
      for (const message of waiting.splice(0)) limiter?.left(message, costOf(message))
    },
    async receive({ signal } = {}) {
      signal?.throwIfAborted()
      while (waiting.length === 0 && !isOver) await changed.after(changed.count, { signal })
      const pause = waiting.length > 0 ? limiter?.ready({ signal: signal ?? dropped.signal }) : undefined
      if (pause !== undefined) await pause
      const message = take()
      if (message === undefined && failure !== undefined) throw failure
      return message
    },
  }
}
