import type { ChannelView, FamilyView } from '../../dispute/family.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { ChannelLoader } from '../channels/engine-store.ts'

export interface FamilyLoader {
  /** The family of a root with its states from the store; `undefined` if it is not watched or no block was seen yet. */
  load(root: ChannelId, options?: AbortOptions): Promise<FamilyView | undefined>
  /** The same states with the records and the time as they are now. */
  refresh(family: FamilyView): FamilyView
}

export interface FamilyLoaderDeps {
  readonly index: ChannelIndex
  readonly store: ChannelLoader
  readonly chainClock: ChainClock
}

export function familyLoader({ index, store, chainClock }: FamilyLoaderDeps): FamilyLoader {
  const withRecord = (channel: ChannelView): ChannelView => ({ ...channel, record: index.get(channel.id)?.record })

  function refresh({ root, channels, now }: FamilyView): FamilyView {
    const refreshed = new Map([...channels].map(([id, channel]) => [id, withRecord(channel)]))
    return { root: withRecord(root), channels: refreshed, now: chainClock.head?.timestamp ?? now }
  }

  return {
    refresh,
    async load(root, options = {}) {
      const members = index.membersOf(root).map(({ id }) => id)
      const stored = await Promise.all(members.map((id) => store.load(id, options)))
      const channels = new Map<ChannelId, ChannelView>()
      for (const [at, id] of members.entries()) {
        const held = stored[at]
        if (held === undefined) continue
        const { params, newest, fallback, registered } = held
        channels.set(id, { id, params, newest, fallback, registered, record: undefined })
      }
      const rootView = channels.get(root)
      return rootView && chainClock.head && refresh({ root: rootView, channels, now: chainClock.head.timestamp })
    },
  }
}
