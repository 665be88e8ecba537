import type { ChannelId } from '@perun-watcher/core'
import type { ChainHead } from './evidence.ts'

/** Per head and channel. */
const known = new WeakMap<ChainHead, Map<ChannelId, bigint | undefined>>()

/**
 * Until when the record of a channel may rest, in seconds as the contract sees them, because the watcher itself put it there,
 * or there again: when half of the time has passed that was left to replace it. `undefined`: it did not.
 */
export function restsUntil(head: ChainHead, id: ChannelId): bigint | undefined {
  const own = known.get(head) ?? new Map<ChannelId, bigint | undefined>()
  known.set(head, own)
  if (!own.has(id)) own.set(id, lookDown(head, id))
  return own.get(id)
}

function lookDown(head: ChainHead, id: ChannelId): bigint | undefined {
  const record = head.records.get(id)
  if (record?.phase !== 'dispute') return undefined
  for (let at: ChainHead | undefined = head; at?.records.get(id)?.version === record.version; at = at.parent) {
    if (at.answers.get(id) === record.version) return at.timestamp + (record.timeout - at.timestamp + 1n) / 2n
  }
  return undefined
}
