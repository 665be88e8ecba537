import type { ClientName } from '@perun-watcher/core'
import { parseLimit } from '@perun-watcher/core/internal'

/** What one client may have and do. */
export interface ClientQuotas {
  /** Most channels that it may watch. Default 1 000. */
  readonly channels: number
  /** Most bytes of the newest states of its channels, as counted by core's `stateBytes`. Default 64 MiB. */
  readonly storedBytes: number
  /** States that it may submit per second on average, refused ones included. Default 100. */
  readonly publishesPerSecond: number
  /** States that it may submit at once after a pause. Default 200. */
  readonly publishBurst: number
  /** Most connections at a time. Default 8. */
  readonly connections: number
}

/** What all clients together may have. Not applied to clients with quotas of their own. */
export interface TotalQuotas {
  /** Channels, archived ones included. Default 1 000 000. */
  readonly channels: number
  /** Clients that are enrolled with a channel. Default 100 000. */
  readonly clients: number
}

export interface QuotaOptions {
  readonly each?: Partial<ClientQuotas> | undefined
  /** Quotas of single clients; what is left out is as in `each`. */
  readonly clients?: ReadonlyMap<ClientName, Partial<ClientQuotas>> | undefined
  readonly total?: Partial<TotalQuotas> | undefined
}

/** The options, checked, with defaults filled in. */
export interface Quotas {
  readonly total: TotalQuotas
  of(client: ClientName): ClientQuotas
  /** Whether the client has quotas of its own. */
  isKnown(client: ClientName): boolean
}

const defaultQuotas: ClientQuotas = {
  channels: 1_000,
  storedBytes: 64 * 1_024 * 1_024,
  publishesPerSecond: 100,
  publishBurst: 200,
  connections: 8,
}

const defaultTotal: TotalQuotas = { channels: 1_000_000, clients: 100_000 }

/** @throws WatcherError `OPTION_INVALID` unless all are whole numbers of at least 1 */
export function parseQuotas({ each = {}, clients = new Map(), total = {} }: QuotaOptions): Quotas {
  const forAll = parseClientQuotas(each, defaultQuotas)
  const forKnown = new Map([...clients].map(([client, own]) => [client, parseClientQuotas(own, forAll)]))
  return {
    total: {
      channels: parseLimit(total.channels ?? defaultTotal.channels, 'total.channels'),
      clients: parseLimit(total.clients ?? defaultTotal.clients, 'total.clients'),
    },
    of: (client) => forKnown.get(client) ?? forAll,
    isKnown: (client) => forKnown.has(client),
  }
}

function parseClientQuotas(own: Partial<ClientQuotas>, others: ClientQuotas): ClientQuotas {
  return {
    channels: parseLimit(own.channels ?? others.channels, 'channels'),
    storedBytes: parseLimit(own.storedBytes ?? others.storedBytes, 'storedBytes'),
    publishesPerSecond: parseLimit(own.publishesPerSecond ?? others.publishesPerSecond, 'publishesPerSecond'),
    publishBurst: parseLimit(own.publishBurst ?? others.publishBurst, 'publishBurst'),
    connections: parseLimit(own.connections ?? others.connections, 'connections'),
  }
}
