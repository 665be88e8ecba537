import { wakeSignal } from '@perun-watcher/core/adapter'
import type { AcceptedConnection } from './connection.ts'

/** Connections that are opened and wait to be served. Bounded by the limit of connections. */
export interface AcceptQueue extends AsyncIterable<AcceptedConnection> {
  push(connection: AcceptedConnection): void
  end(): void
}

export function acceptQueue(): AcceptQueue {
  const changed = wakeSignal()
  const waiting = new Set<AcceptedConnection>()
  let isOver = false

  return {
    push(connection) {
      waiting.add(connection)
      changed.wake()
    },
    end() {
      isOver = true
      waiting.clear()
      changed.wake()
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const seen = changed.count
        const [next] = waiting
        if (next !== undefined) {
          waiting.delete(next)
          yield next
        } else if (isOver) return
        else await changed.after(seen)
      }
    },
  }
}
