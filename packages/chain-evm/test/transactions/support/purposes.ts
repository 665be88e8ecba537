import { parseChannelId, parseClientName } from '@perun-watcher/core'
import type { SendRank, SpendingCause } from '@perun-watcher/core/adapter'

/** What a registration may be for, of one client and one family if nothing else is said. */
export function purposeOf(rank: SendRank, other: Partial<SpendingCause> = {}): SpendingCause {
  const family = parseChannelId(`0x${'11'.repeat(32)}`)
  return { call: 'register', rank, family, clients: [parseClientName('client')], opened: 0n, ...other }
}
