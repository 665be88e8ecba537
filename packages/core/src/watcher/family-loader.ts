import type { ChannelView, FamilyView, HeldState } from '../dispute/family.ts'
import type { ChannelId } from '../model/brand.ts'
import type { Transaction } from '../model/channel.ts'
import type { ChannelBackend } from '../spi/chain.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { ChainTimeKeeper } from './chain-time.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import type { EngineStore } from './patient-store.ts'

export interface FamilyLoader {
  /** The family of a root with its states from the store; `undefined` if it is not watched or no block was seen yet. */
  load(root: ChannelId, options?: AbortOptions): Promise<FamilyView | undefined>
  /** The same states with the records and the time as they are now. */
  refresh(family: FamilyView): FamilyView
}

export interface FamilyLoaderDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly backend: ChannelBackend
  readonly time: ChainTimeKeeper
}

export function familyLoader({ index, store, backend, time }: FamilyLoaderDeps): FamilyLoader {
  const hold = (transaction: Transaction): HeldState => ({
    state: transaction.state,
    sigs: transaction.sigs,
    hash: backend.stateHash(transaction.state),
  })

  async function view(entry: ChannelEntry, options: AbortOptions): Promise<ChannelView | undefined> {
    const stored = await store.load(entry.id, options)
    if (stored === undefined) return undefined
    const { params, newest, fallback, registered } = stored
    return {
      id: entry.id,
      params,
      newest: hold(newest),
      fallback: fallback && hold(fallback),
      registered: registered && hold(registered),
      record: undefined,
    }
  }

  const withRecord = (channel: ChannelView): ChannelView => ({ ...channel, record: index.get(channel.id)?.record })

  function refresh({ root, channels, now }: FamilyView): FamilyView {
    const refreshed = new Map([...channels].map(([id, channel]) => [id, withRecord(channel)]))
    return { root: withRecord(root), channels: refreshed, now: time.head?.timestamp ?? now }
  }

  return {
    refresh,
    async load(root, options = {}) {
      const views = await Promise.all(index.membersOf(root).map((entry) => view(entry, options)))
      const known = views.filter((channel) => channel !== undefined)
      const channels = new Map(known.map((channel) => [channel.id, channel]))
      const rootView = channels.get(root)
      return rootView && time.head && refresh({ root: rootView, channels, now: time.head.timestamp })
    },
  }
}
