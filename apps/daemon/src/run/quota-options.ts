import { parseClientName } from '@perun-watcher/core'
import type { QuotaKeeperOptions } from '@perun-watcher/protocol'
import type { Config } from '../config/schema.ts'

/** The configured quotas as options of the protocol's quotas. */
export function quotaOptions(quotas: Config['quotas']): NonNullable<QuotaKeeperOptions['quotas']> {
  const each = clientQuotas(quotas)
  return {
    each,
    clients: new Map(
      Object.entries(quotas.clients).map(([name, own]) => [parseClientName(name), { ...each, ...clientQuotas(own) }]),
    ),
    total: { channels: quotas.total_channels, clients: quotas.total_clients },
  }
}

type OwnQuotas = Config['quotas']['clients'][string]

function clientQuotas({ channels, stored_bytes, publishes_per_second, publish_burst, connections }: OwnQuotas) {
  return {
    ...(channels === undefined ? {} : { channels }),
    ...(stored_bytes === undefined ? {} : { storedBytes: stored_bytes }),
    ...(publishes_per_second === undefined ? {} : { publishesPerSecond: publishes_per_second }),
    ...(publish_burst === undefined ? {} : { publishBurst: publish_burst }),
    ...(connections === undefined ? {} : { connections }),
  }
}

/** The largest number of connections that any client may have. */
export function mostConnections({ connections, clients }: Config['quotas']): number {
  return Math.max(connections, ...Object.values(clients).map((own) => own.connections ?? 0))
}
