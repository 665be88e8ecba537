import type { AbortOptions, ClientName } from '@perun-watcher/core'
import { wakeSignal } from '@perun-watcher/core/adapter'
import type { ServeLimits } from '../settings/serve-limits.ts'

/** Requests under way, of all connections, those included whose connection is gone: they go on, and must not pile up. */
export interface RequestLoad {
  readonly total: number
  /** Whether one more of this client is taken. */
  hasRoom(client: ClientName): boolean
  begin(client: ClientName): void
  finish(client: ClientName): void
  /** Resolves once nothing is under way. */
  idle(options?: AbortOptions): Promise<void>
}

export function requestLoad({ maxRequests, maxConnectionsPerClient }: ServeLimits): RequestLoad {
  const byClient = new Map<ClientName, number>()
  const changes = wakeSignal()
  let total = 0
  const of = (client: ClientName): number => byClient.get(client) ?? 0

  return {
    get total() {
      return total
    },
    hasRoom: (client) => of(client) < maxRequests * maxConnectionsPerClient,
    begin(client) {
      total += 1
      byClient.set(client, of(client) + 1)
    },
    finish(client) {
      total -= 1
      const left = of(client) - 1
      if (left === 0) byClient.delete(client)
      else byClient.set(client, left)
      if (total === 0) changes.wake()
    },
    async idle(options) {
      while (total > 0) await changes.after(changes.count, options)
    },
  }
}
