import { hasCode } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { StoreChange, StoredChannel } from '../../spi/store.ts'
import { applyChange, type ChannelChange } from '../../store/apply-change.ts'
import { channelLru } from './channel-lru.ts'
import type { EngineStore } from './engine-store.ts'

type Outcome = 'written' | 'refused' | 'failed'

/** What one commit does to one channel. */
interface OwnChanges {
  /** What was known of the channel before. */
  readonly before: StoredChannel | undefined
  /** In the order in which they take effect. */
  readonly changes: ChannelChange[]
}

/** Commits of one channel whose outcome is not known (yet). */
interface OpenCommits {
  underWay: number
  /** The number of the one that began last. */
  last: number
  /** The number of the last one that failed: it may still be carried out, but not after one that began later. */
  failed: number | undefined
}

/**
 * The same store with a cache of the channels that were read or written last: one that publishes all the time is not read
 * and decoded again for every state.
 *
 * A channel is cached only while it is certain what the store holds: not while a commit of it is under way, nor after one
 * that failed until a later one has succeeded, since the store carries commits out in the order of the calls.
 *
 * @param limitBytes of all cached channels together, as `channelBytes` counts them.
 */
export function cachingStore(store: EngineStore, limitBytes: number): EngineStore {
  const lru = channelLru(limitBytes)
  const commitsOf = new Map<ChannelId, OpenCommits>()
  /** Reads under way during which no commit of their channel has begun. */
  const undisturbed = new Map<ChannelId, symbol>()
  let commits = 0

  function begin(id: ChannelId, number: number): StoredChannel | undefined {
    const others = commitsOf.get(id)
    commitsOf.set(id, { underWay: (others?.underWay ?? 0) + 1, last: number, failed: others?.failed })
    undisturbed.delete(id)
    return lru.delete(id)
  }

  function beginAll(changes: readonly StoreChange[], number: number): ReadonlyMap<ChannelId, OwnChanges> {
    const begun = new Map<ChannelId, OwnChanges>()
    for (const change of changes) {
      if (change.type === 'putCursor' || change.type === 'putMailbox') continue
      const others = begun.get(change.id)
      if (others === undefined) begun.set(change.id, { before: begin(change.id, number), changes: [change] })
      else others.changes.push(change)
    }
    return begun
  }

  function end(id: ChannelId, number: number, outcome: Outcome): void {
    const open = commitsOf.get(id)
    if (open === undefined) return
    open.underWay -= 1
    if (outcome === 'failed') open.failed = Math.max(open.failed ?? 0, number)
    // A refusal may be reported before earlier commits are carried out, a success may not.
    else if (outcome === 'written' && open.failed !== undefined && open.failed < number) open.failed = undefined
    if (open.underWay === 0 && open.failed === undefined) commitsOf.delete(id)
  }

  function cacheAfter(id: ChannelId, { before, changes }: OwnChanges): void {
    const isKnown = before !== undefined || changes[0]?.type === 'createChannel'
    const after = isKnown ? changes.reduce(applyChange, before) : undefined
    if (after !== undefined) lru.set(id, after)
  }

  return {
    open: (...args) => store.open(...args),
    bind: (...args) => store.bind(...args),
    kept: (...args) => store.kept(...args),
    history: (...args) => store.history(...args),
    mailbox: (...args) => store.mailbox(...args),
    cursor: (...args) => store.cursor(...args),
    summaries: (...args) => store.summaries(...args),
    close: () => store.close(),
    async load(id, options) {
      const known = lru.get(id)
      options?.signal?.throwIfAborted()
      if (known !== undefined) return known
      const read = Symbol()
      if (!commitsOf.has(id)) undisturbed.set(id, read)
      try {
        const loaded = await store.load(id, options)
        if (loaded !== undefined && undisturbed.get(id) === read) lru.set(id, loaded)
        return loaded
      } finally {
        if (undisturbed.get(id) === read) undisturbed.delete(id)
      }
    },
    async commit(changes, options) {
      commits += 1
      const number = commits
      const begun = beginAll(changes, number)
      try {
        await store.commit(changes, options)
      } catch (error) {
        for (const id of begun.keys()) end(id, number, isRefusal(error) ? 'refused' : 'failed')
        throw error
      }
      for (const [id, own] of begun) {
        // Otherwise another commit of the channel has begun meanwhile.
        const isLast = commitsOf.get(id)?.last === number
        end(id, number, 'written')
        if (isLast) cacheAfter(id, own)
      }
    },
  }
}

/** Nothing was written, as `Store.commit` says. */
const isRefusal = (error: unknown): boolean => hasCode(error, 'STORE_STALE_WRITE') || hasCode(error, 'CHANNEL_UNKNOWN')
