import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { Quotas } from './quotas.ts'

/** A connection that counts until it is released. */
export interface AdmittedConnection {
  /** The connection has ended. Idempotent. */
  release(): void
}

export interface ConnectionCounter {
  readonly connections: number
  /** @throws WatcherError `OVERLOADED` if the client has reached its quota. */
  admit(client: ClientName): AdmittedConnection
}

export function connectionCounter(quotas: Quotas): ConnectionCounter {
  const counts = new Map<ClientName, number>()
  let connections = 0

  function change(client: ClientName, by: 1 | -1): void {
    const count = (counts.get(client) ?? 0) + by
    if (count === 0) counts.delete(client)
    else counts.set(client, count)
    connections += by
  }

  return {
    get connections() {
      return connections
    },
    admit(client) {
      const limit = quotas.of(client).connections
      if ((counts.get(client) ?? 0) >= limit) {
        throw new WatcherError('OVERLOADED', 'The client has as many connections as it may.', {
          details: [`Client ${client} has ${limit} connections.`],
        })
      }
      change(client, 1)
      let isReleased = false
      return {
        release() {
          if (isReleased) return
          isReleased = true
          change(client, -1)
        },
      }
    },
  }
}
