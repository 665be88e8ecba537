import type { ChannelId, TransactionHash } from '@perun-watcher/core'
import type { ChainHead } from './evidence.ts'

/** The registration that a record comes from. */
export interface Rest {
  readonly transactionHash: TransactionHash
  /** When half of the time has passed that was left to replace it, in seconds as the contract sees them. */
  readonly half: bigint
}

/** Per head and channel: the last registration up to it. Looked up from head to head, not through whole chains. */
const known = new WeakMap<ChainHead, Map<ChannelId, Rest | undefined>>()

/** Until when the record of a channel may rest if the watcher itself put it there; `undefined`: nothing was registered. */
export function restsUntil(head: ChainHead, id: ChannelId): Rest | undefined {
  const passed: ChainHead[] = []
  let found: Rest | undefined
  for (let at: ChainHead | undefined = head; at !== undefined; at = at.parent) {
    const before = known.get(at)
    if (before?.has(id)) {
      found = before.get(id)
      break
    }
    passed.push(at)
    const log = at.logs.findLast(({ channelId, phase }) => channelId === id && phase === 'dispute')
    if (log !== undefined) {
      found = { transactionHash: log.transactionHash, half: at.timestamp + (log.timeout - at.timestamp + 1n) / 2n }
      break
    }
  }
  for (const at of passed) {
    const own = known.get(at) ?? new Map<ChannelId, Rest | undefined>()
    known.set(at, own.set(id, found))
  }
  return found
}
