import type { ChannelId } from '../../model/brand.ts'
import { stateBytes } from '../../model/state-size.ts'
import type { StoredChannel, StoredLine } from '../../spi/store.ts'

/** A cache of channels that evicts the least recently used, bounded by the bytes of all of them together. */
export interface ChannelLru {
  get(id: ChannelId): StoredChannel | undefined
  /** Evicts those used longest ago, where there is no room. */
  set(id: ChannelId, channel: StoredChannel): void
  /** @returns what was cached. */
  delete(id: ChannelId): StoredChannel | undefined
}

/** @param limitBytes of all of them together, as `channelBytes` counts them; in memory they take some four times as much. */
export function channelLru(limitBytes: number): ChannelLru {
  /** The one used longest ago comes first. */
  const channels = new Map<ChannelId, { readonly channel: StoredChannel; readonly bytes: number }>()
  let total = 0

  function remove(id: ChannelId): StoredChannel | undefined {
    const found = channels.get(id)
    if (found === undefined) return undefined
    total -= found.bytes
    channels.delete(id)
    return found.channel
  }

  return {
    get(id) {
      const found = channels.get(id)
      if (found === undefined) return undefined
      channels.delete(id)
      channels.set(id, found)
      return found.channel
    },
    set(id, channel) {
      remove(id)
      const bytes = channelBytes(channel)
      if (bytes > limitBytes) return
      channels.set(id, { channel, bytes })
      total += bytes
      for (const oldest of channels.keys()) {
        if (total <= limitBytes) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}

/** The states as `stateBytes` counts them, the parameters' addresses, and the names of clients and parents. */
export function channelBytes(channel: StoredChannel): number {
  const { params, parents, clients, otherLines } = channel
  // With loops: this is done for every state that is published.
  let bytes = lineBytes(channel)
  for (const line of otherLines) bytes += lineBytes(line)
  for (const { address, crossChainAddress } of params.participants) bytes += address.length + crossChainAddress.length
  for (const parent of parents) bytes += parent.length
  for (const client of clients) bytes += client.length
  return bytes
}

function lineBytes({ newest, older, history }: StoredLine): number {
  let bytes = stateBytes(newest)
  for (const held of older) bytes += stateBytes(held)
  for (const lock of history.locks) bytes += lock.length
  return bytes
}
