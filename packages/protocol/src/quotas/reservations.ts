import type { ClientName, ClientUsage } from '@perun-watcher/core'

/** What quotas count. Histories have a bound of their own: a state is never refused because of older ones. */
export type QuotaUsage = Pick<ClientUsage, 'channels' | 'bytes'>

/** What requests in flight will add to what clients have, so that two of them cannot both take the last place. */
export interface Reservations {
  of(client: ClientName): QuotaUsage
  /** Channels of all clients. */
  readonly channels: number
  /** Reserves `growth` until the task has ended. */
  during<T>(client: ClientName, growth: QuotaUsage, task: () => Promise<T>): Promise<T>
}

const nothing: QuotaUsage = { channels: 0, bytes: 0 }

export function reservations(): Reservations {
  const reserved = new Map<ClientName, QuotaUsage>()
  let channels = 0

  const of = (client: ClientName): QuotaUsage => reserved.get(client) ?? nothing

  function add(client: ClientName, growth: QuotaUsage, sign: 1 | -1): void {
    const before = of(client)
    const after = {
      channels: before.channels + sign * growth.channels,
      bytes: before.bytes + sign * growth.bytes,
    }
    channels += sign * growth.channels
    if (after.channels === 0 && after.bytes === 0) reserved.delete(client)
    else reserved.set(client, after)
  }

  return {
    of,
    get channels() {
      return channels
    },
    async during(client, growth, task) {
      add(client, growth, 1)
      try {
        return await task()
      } finally {
        add(client, growth, -1)
      }
    },
  }
}
