import type { ClientName } from '../../model/brand.ts'
import type { ClientUsage } from '../../spi/engine.ts'
import { type LineCharge, payersIn } from './line-charges.ts'

/** What each client has of the guarded channels. */
export interface ClientUsages {
  /** How many clients are enrolled with any channel. */
  readonly clients: number
  of(client: ClientName): ClientUsage
}

export interface UsageCounter extends ClientUsages {
  /** The charges of one channel changed. Empty: it was not there, or is gone. */
  replace(before: readonly LineCharge[], after: readonly LineCharge[]): void
}

const nothing: ClientUsage = { channels: 0, bytes: 0, historyBytes: 0 }

export function usageCounter(): UsageCounter {
  const usages = new Map<ClientName, ClientUsage>()

  function add(client: ClientName, more: ClientUsage): void {
    const before = usages.get(client) ?? nothing
    const after = {
      channels: before.channels + more.channels,
      bytes: before.bytes + more.bytes,
      historyBytes: before.historyBytes + more.historyBytes,
    }
    if (after.channels === 0) usages.delete(client)
    else usages.set(client, after)
  }

  /** @param sign 1: they are added; -1: they are taken away. */
  function addAll(charges: readonly LineCharge[], sign: 1 | -1): void {
    // The channel first and last: a client must not drop to none in between.
    if (sign === 1) for (const client of payersIn(charges)) add(client, { ...nothing, channels: 1 })
    for (const { payers, bytes, historyBytes } of charges) {
      for (const client of payers) add(client, { channels: 0, bytes: sign * bytes, historyBytes: sign * historyBytes })
    }
    if (sign === -1) for (const client of payersIn(charges)) add(client, { ...nothing, channels: -1 })
  }

  return {
    get clients() {
      return usages.size
    },
    of: (client) => usages.get(client) ?? nothing,
    replace(before, after) {
      if (isSame(before, after)) return
      // Add first, then subtract: a client that stays must not drop to zero in between.
      addAll(after, 1)
      addAll(before, -1)
    },
  }
}

function isSame(a: readonly LineCharge[], b: readonly LineCharge[]): boolean {
  return a.length === b.length && a.every((charge, at) => isSameCharge(charge, b[at]))
}

function isSameCharge(a: LineCharge, b: LineCharge | undefined): boolean {
  return a.payers === b?.payers && a.bytes === b.bytes && a.historyBytes === b.historyBytes
}
