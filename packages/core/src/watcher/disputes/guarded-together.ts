import type { ChannelId } from '../../model/brand.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'

/**
 * Whether a channel and a ledger channel above it are guarded for the same people: the one is watched below the other, or a
 * client watches both. Otherwise it is a stranger's lock, which anybody can sign and which must not concern the channel.
 */
export function isGuardedTogether(
  index: Pick<ChannelIndex, 'get' | 'watchedRootsOf'>,
  root: ChannelId,
  id: ChannelId,
): boolean {
  const clients = index.get(id)?.clients ?? []
  // Nobody's any more: kept because somebody locks it.
  if (clients.length === 0) return true
  const ofRoot = index.get(root)?.clients ?? []
  return clients.some((client) => ofRoot.includes(client)) || index.watchedRootsOf(id).includes(root)
}
