import type { ClientName } from '../../model/brand.ts'
import type { ClientUsage } from '../../spi/engine.ts'
import type { ChannelSummary } from '../../spi/store.ts'

/** What each client has of the guarded channels. */
export interface ClientUsages {
  /** How many clients are enrolled with any channel. */
  readonly clients: number
  of(client: ClientName): ClientUsage
}

export interface UsageCounter extends ClientUsages {
  /** A channel changed. `undefined`: it was not there, or is gone. */
  replace(before: Counted | undefined, after: Counted | undefined): void
}

/** A channel counts in full for each client that it is charged to. */
export type Counted = Pick<ChannelSummary, 'clients' | 'bytes' | 'historyBytes'>

const nothing: ClientUsage = { channels: 0, bytes: 0, historyBytes: 0 }

export function usageCounter(): UsageCounter {
  const usages = new Map<ClientName, ClientUsage>()

  /** @param sign 1: it is added; -1: it is taken away. */
  function add(client: ClientName, sign: 1 | -1, { bytes, historyBytes }: Counted): void {
    const before = usages.get(client) ?? nothing
    const after = {
      channels: before.channels + sign,
      bytes: before.bytes + sign * bytes,
      historyBytes: before.historyBytes + sign * historyBytes,
    }
    if (after.channels === 0) usages.delete(client)
    else usages.set(client, after)
  }

  return {
    get clients() {
      return usages.size
    },
    of: (client) => usages.get(client) ?? nothing,
    replace(before, after) {
      if (isSame(before, after)) return
      // Add first, then subtract: a client that stays must not drop to zero in between.
      if (after !== undefined) for (const client of after.clients) add(client, 1, after)
      if (before !== undefined) for (const client of before.clients) add(client, -1, before)
    },
  }
}

function isSame(a: Counted | undefined, b: Counted | undefined): boolean {
  return a?.clients === b?.clients && a?.bytes === b?.bytes && a?.historyBytes === b?.historyBytes
}
