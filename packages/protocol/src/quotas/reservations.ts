import type { ClientName, ClientUsage } from '@perun-watcher/core'

/** What requests in flight will add to what clients have, so that two of them cannot both take the last place. */
export interface Reservations {
  of(client: ClientName): ClientUsage
  /** Channels of all clients. */
  readonly channels: number
  /** Reserves `growth` until the task has ended. */
  during<T>(client: ClientName, growth: ClientUsage, task: () => Promise<T>): Promise<T>
}

const nothing: ClientUsage = { channels: 0, bytes: 0 }

export function reservations(): Reservations {
  const reserved = new Map<ClientName, ClientUsage>()
  let channels = 0

  const of = (client: ClientName): ClientUsage => reserved.get(client) ?? nothing

  function add(client: ClientName, growth: ClientUsage, sign: 1 | -1): void {
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
