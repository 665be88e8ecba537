import { hasCode } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { StoreChange, StoredChannel } from '../spi/store.ts'
import { applyChange, type ChannelChange } from '../store/apply-change.ts'
import type { EngineStore } from './engine-store.ts'
import { recentChannels } from './recent-channels.ts'

/** Commits of one channel that are not known to be over. */
interface OpenCommits {
  count: number
  /** The one that began last. */
  last: symbol
}

/**
 * The same store, which remembers the channels that were read or written last: one that publishes all the time is not
 * read and decoded again for every state.
 *
 * A channel is remembered only while it is certain what the store holds: not while a commit of it is under way, and not
 * any more after one that failed, since that may still be carried out.
 *
 * @param limitBytes of all remembered states together, as `stateBytes` counts them.
 */
export function rememberingStore(store: EngineStore, limitBytes: number): EngineStore {
  const recent = recentChannels(limitBytes)
  const commitsOf = new Map<ChannelId, OpenCommits>()
  /** Reads under way, of channels of which no commit began since. */
  const undisturbed = new Map<ChannelId, symbol>()

  function begin(id: ChannelId, commit: symbol): StoredChannel | undefined {
    commitsOf.set(id, { count: (commitsOf.get(id)?.count ?? 0) + 1, last: commit })
    undisturbed.delete(id)
    const before = recent.get(id)
    recent.forget(id)
    return before
  }

  /** @returns whether no other commit of the channel was under way at any time. */
  function settle(id: ChannelId, commit: symbol): boolean {
    const commits = commitsOf.get(id)
    if (commits === undefined || commits.count === 1) commitsOf.delete(id)
    else commits.count -= 1
    return commits?.count === 1 && commits.last === commit
  }

  function rememberAfter(id: ChannelId, before: StoredChannel | undefined, changes: readonly ChannelChange[]): void {
    const isKnown = before !== undefined || changes[0]?.type === 'createChannel'
    const after = isKnown ? changes.reduce(applyChange, before) : undefined
    if (after !== undefined) recent.remember(id, after)
  }

  return {
    open: (...args) => store.open(...args),
    mailbox: (...args) => store.mailbox(...args),
    cursor: (...args) => store.cursor(...args),
    summaries: (...args) => store.summaries(...args),
    close: () => store.close(),
    async load(id, options) {
      const known = recent.get(id)
      options?.signal?.throwIfAborted()
      if (known !== undefined) return known
      const read = Symbol()
      if (!commitsOf.has(id)) undisturbed.set(id, read)
      try {
        const loaded = await store.load(id, options)
        if (loaded !== undefined && undisturbed.get(id) === read) recent.remember(id, loaded)
        return loaded
      } finally {
        if (undisturbed.get(id) === read) undisturbed.delete(id)
      }
    },
    async commit(changes, options) {
      const commit = Symbol()
      const ofChannels = [...changesOfChannels(changes)]
      const begun = ofChannels.map(([id, own]) => ({ id, own, before: begin(id, commit) }))
      try {
        await store.commit(changes, options)
      } catch (error) {
        if (isRefusal(error)) for (const { id } of begun) settle(id, commit)
        throw error
      }
      for (const { id, own, before } of begun) if (settle(id, commit)) rememberAfter(id, before, own)
    },
  }
}

/** In the order in which they take effect. */
function changesOfChannels(changes: readonly StoreChange[]): ReadonlyMap<ChannelId, readonly ChannelChange[]> {
  const found = new Map<ChannelId, ChannelChange[]>()
  for (const change of changes) {
    if (change.type === 'putCursor' || change.type === 'putMailbox') continue
    const others = found.get(change.id)
    if (others === undefined) found.set(change.id, [change])
    else others.push(change)
  }
  return found
}

/** Nothing was written, as `Store.commit` says. */
const isRefusal = (error: unknown): boolean => hasCode(error, 'STORE_STALE_WRITE') || hasCode(error, 'CHANNEL_UNKNOWN')
