import { assertNever } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import { stateBytes } from '../../model/state-size.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelSummary, StoreChange, StoredChannel } from '../../spi/store.ts'
import { newChannel } from '../../store/apply-change.ts'
import { locksOf, olderLocksOf, summaryOf } from '../../store/summary.ts'
import {
  type ChannelEntry,
  entryOf,
  isWatched,
  lean,
  type MutableChannelIndex,
  type Observations,
} from './channel-index.ts'
import type { EngineStore } from './engine-store.ts'

/** A channel as it is stored, and its entry in the index, in step with each other. */
export interface HeldChannel {
  readonly entry: ChannelEntry
  readonly stored: StoredChannel
}

export type NewChannel = Extract<StoreChange, { type: 'createChannel' }>

type PutLinks = Extract<StoreChange, { type: 'putLinks' }>
type PutMailbox = Extract<StoreChange, { type: 'putMailbox' }>

/** What can be changed of a channel that exists; its mailboxes may be changed with it. */
export type ChannelUpdate = Exclude<StoreChange, { type: 'createChannel' | 'removeChannel' | 'putCursor' }>

/**
 * What is held of the channels: all of it in the store, the essentials in the index. Whatever the index repeats of the store
 * is written here and nowhere else, so no write can miss its mirror. Beside it the cursor keeper stores the records that were
 * observed, of which the index knows first, and mailboxes store their own content.
 *
 * Everything but `restore` and `observe` is to be called in the channel's turn. A write that fails leaves the index as it
 * was; since it may have been carried out nevertheless, the next `read` or `lookUp` brings the index in step with what the
 * store then holds of its states. Links that such a write changed stay as they were in the index, as callers were told.
 */
export interface ChannelBook {
  /** Fills the index from the store, and calls back for each channel. */
  restore(onChannel: (summary: ChannelSummary) => void, options?: AbortOptions): Promise<void>
  /** A channel of the index. `undefined`: it is not held; the store is not asked for a stranger's channel. */
  read(id: ChannelId, options?: AbortOptions): Promise<HeldChannel | undefined>
  /** The same, also where only the store knows it: a write or a removal that was reported as failed may have been made. */
  lookUp(id: ChannelId, options?: AbortOptions): Promise<HeldChannel | undefined>
  /** @throws what `Store.commit` throws. */
  create(channel: NewChannel, options?: AbortOptions): Promise<void>
  /**
   * @param channel as it was read in this turn.
   * @throws what `Store.commit` throws.
   */
  commit(channel: HeldChannel, changes: readonly ChannelUpdate[], options?: AbortOptions): Promise<void>
  /**
   * Changes who is enrolled, and below which channels, with the mailboxes. Reads nothing, so that a channel whose states
   * cannot be read can still be left.
   *
   * @throws what `Store.commit` throws.
   */
  relink(id: ChannelId, changes: readonly (PutLinks | PutMailbox)[], options?: AbortOptions): Promise<void>
  /** @throws what `Store.commit` throws. */
  remove(id: ChannelId, options?: AbortOptions): Promise<void>
  /** Notes what was observed on the chain. Nothing is written: records are stored later, with a `putRecord`. */
  observe(id: ChannelId, observations: Partial<Observations>): void
}

export interface ChannelBookDeps {
  readonly index: MutableChannelIndex
  readonly store: Pick<EngineStore, 'load' | 'commit' | 'summaries'>
  /** The states that are held of a channel changed: the newest, the fallback or the registered one. */
  readonly onStates: (id: ChannelId) => void
}

const notHeld = Promise.resolve(undefined)

export function channelBook({ index, store, onStates }: ChannelBookDeps): ChannelBook {
  /** Brings the entry in step with the stored states, where a write that was reported as failed has been made. */
  function inStep(entry: ChannelEntry, stored: StoredChannel): ChannelEntry {
    const olderLocks = olderLocksOf(stored)
    if (stored.newest.state.version === entry.version && hasSameIds(olderLocks, entry.olderLocks)) return entry
    const { version, hash, isFinal, bytes, locks } = summaryOf(entry.id, stored)
    const after = { ...entry, version, hash, isFinal, bytes, locks, olderLocks }
    index.put(after)
    onStates(entry.id)
    return after
  }

  async function lookUp(id: ChannelId, options?: AbortOptions): Promise<HeldChannel | undefined> {
    const stored = await store.load(id, options)
    const entry = index.get(id)
    if (stored === undefined) {
      if (entry !== undefined && !isWatched(entry)) index.remove(id)
      return undefined
    }
    if (entry !== undefined) return { entry: inStep(entry, stored), stored }
    const found = entryOf(summaryOf(id, stored))
    index.put(found)
    return { entry: found, stored }
  }

  return {
    async restore(onChannel, options) {
      for await (const summary of store.summaries(options)) {
        index.put(entryOf(summary))
        onChannel(summary)
      }
    },
    read: (id, options) => (index.get(id) === undefined ? notHeld : lookUp(id, options)),
    lookUp,
    async create(channel, options) {
      await store.commit([channel], options)
      index.put(entryOf(summaryOf(channel.id, newChannel(channel))))
    },
    async commit({ entry: { id }, stored }, changes, options) {
      await store.commit(changes, options)
      // As it is now: something may have been observed on the chain meanwhile.
      const entry = index.get(id)
      if (entry === undefined) return
      const after = mirrored(entry, stored, changes)
      if (after !== entry) index.put(after)
      if (changes.some(isOfStates)) onStates(id)
    },
    async relink(id, changes, options) {
      await store.commit(changes, options)
      const entry = index.get(id)
      if (entry === undefined) return
      index.put(
        changes.reduce((before, change) => (change.type === 'putLinks' ? withLinks(before, change) : before), entry),
      )
    },
    async remove(id, options) {
      await store.commit([{ type: 'removeChannel', id }], options)
      index.remove(id)
    },
    observe: (id, observations) => index.patch(id, observations),
  }
}

function isOfStates({ type }: ChannelUpdate): boolean {
  return type === 'putNewest' || type === 'putFallback' || type === 'putRegistered'
}

/** What changes make of an entry. Unchanged lists stay the same arrays, so that the index need not update its links. */
function mirrored(before: ChannelEntry, stored: StoredChannel, changes: readonly ChannelUpdate[]): ChannelEntry {
  let entry = before
  let { fallback, registered } = stored
  for (const change of changes) {
    switch (change.type) {
      case 'putLinks':
        entry = withLinks(entry, change)
        break
      case 'putNewest': {
        const { version, isFinal } = change.held.state
        const locks = locksOf(change.held)
        entry = { ...entry, version, hash: change.held.hash, isFinal, bytes: stateBytes(change.held), locks }
        break
      }
      case 'putFallback':
        fallback = change.held
        break
      case 'putRegistered':
        registered = change.held
        break
      // The index runs ahead of stored records; mailboxes are kept elsewhere.
      case 'putRecord':
      case 'putMailbox':
        break
      default:
        assertNever(change)
    }
  }
  if (fallback === stored.fallback && registered === stored.registered) return entry
  return { ...entry, olderLocks: olderLocksOf({ fallback, registered }) }
}

function withLinks(entry: ChannelEntry, { parents, clients }: PutLinks): ChannelEntry {
  const unbriefed = entry.unbriefed.filter((client) => clients.includes(client))
  return { ...entry, parents: lean(parents), clients: lean(clients), unbriefed: lean(unbriefed) }
}

function hasSameIds(a: readonly ChannelId[], b: readonly ChannelId[]): boolean {
  return a === b || (a.length === b.length && a.every((id, at) => id === b[at]))
}
