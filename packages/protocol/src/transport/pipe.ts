import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'

/** A bounded queue from one writer to one reader. */
export interface Pipe<T> {
  /** Waits for room; an aborted call has put nothing. @throws WatcherError `CONNECTION_LOST` once the pipe has ended. */
  put(item: T, options?: AbortOptions): Promise<void>
  /** `undefined` once the writer has ended it and everything is read. @throws the error that broke it. */
  take(options?: AbortOptions): Promise<T | undefined>
  /** The writer has finished; what is in the pipe can still be read. */
  end(): void
  /** The reader has finished: `take` throws from now on. */
  drop(): void
  /** Fails both sides at once. */
  break(error: WatcherError): void
}

export function pipe<T>(capacity: number): Pipe<T> {
  const items: T[] = []
  const changes = wakeSignal()
  let isOver = false
  let failure: WatcherError | undefined

  function finish(): void {
    isOver = true
    changes.wake()
  }

  return {
    async put(item, options) {
      options?.signal?.throwIfAborted()
      while (!isOver && items.length >= capacity) await changes.after(changes.count, options)
      if (isOver) throw failure ?? new WatcherError('CONNECTION_LOST', 'The connection was ended.')
      items.push(item)
      changes.wake()
    },
    async take(options) {
      options?.signal?.throwIfAborted()
      while (!isOver && items.length === 0) await changes.after(changes.count, options)
      if (failure !== undefined) throw failure
      const item = items.shift()
      changes.wake()
      return item
    },
    end: finish,
    drop() {
      items.length = 0
      failure ??= new WatcherError('CONNECTION_LOST', 'The connection was ended here.')
      finish()
    },
    break(error) {
      if (isOver && items.length === 0) return
      items.length = 0
      failure = error
      finish()
    },
  }
}
