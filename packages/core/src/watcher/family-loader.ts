import type { ChannelView, FamilyView, HeldState } from '../dispute/family.ts'
import type { ChannelId } from '../model/brand.ts'
import type { Transaction } from '../model/channel.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { ChannelBackend } from '../spi/chain.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { Store } from '../spi/store.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'

export interface FamilyLoader {
  /** The family of a root with its states from the store; `undefined` if the root is not watched. */
  load(root: ChannelId, now: ChainTime, options?: AbortOptions): Promise<FamilyView | undefined>
}

export function familyLoader(index: ChannelIndex, store: Store, backend: ChannelBackend): FamilyLoader {
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
      // Read after the wait: the index knows the newest record.
      record: index.get(entry.id)?.record,
    }
  }

  return {
    async load(root, now, options = {}) {
      const views = await Promise.all(index.membersOf(root).map((entry) => view(entry, options)))
      const known = views.filter((channel) => channel !== undefined)
      const channels = new Map(known.map((channel) => [channel.id, channel]))
      const rootView = channels.get(root)
      return rootView && { root: rootView, channels, now }
    },
  }
}
