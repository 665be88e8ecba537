import { assertNever } from '../../errors/watcher-error.ts'
import type { ChannelId, LedgerId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { LineShare, StoreChange, StoredChannel } from '../../spi/store.ts'
import { applyChange, newChannel } from '../../store/apply-change.ts'
import { hasSameItems, summaryOf } from '../../store/summary.ts'
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
type PutLineClients = Extract<StoreChange, { type: 'putLineClients' }>
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
 * store then holds of its states. Links that such a write changed stay as they were in the index, as callers were told, and
 * `settleLinks` makes the store say the same: otherwise the next start would go by what nobody was told.
 */
export interface ChannelBook {
  /** Fills the index from the store. */
  restore(options?: AbortOptions): Promise<void>
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
   * Changes who is enrolled, below which channels, and who has a part in which line, with the mailboxes. Reads nothing, so
   * that a channel whose states cannot be read can still be left.
   *
   * @throws what `Store.commit` throws.
   */
  relink(
    id: ChannelId,
    changes: readonly (PutLinks | PutLineClients | PutMailbox)[],
    options?: AbortOptions,
  ): Promise<void>
  /** @throws what `Store.commit` throws. */
  remove(id: ChannelId, options?: AbortOptions): Promise<void>
  /**
   * Writes once more who is enrolled and below which channels, or that the channel is not there, where a write of that was
   * reported as failed and none has succeeded since.
   *
   * @throws what the store throws: it is still in doubt then.
   */
  settleLinks(id: ChannelId, options?: AbortOptions): Promise<void>
  /** Notes what was observed on the chain. Nothing is written: records are stored later, with a `putRecord`. */
  observe(id: ChannelId, observations: Partial<Observations>): void
}

export interface ChannelBookDeps {
  readonly index: MutableChannelIndex
  readonly ledger: LedgerId
  readonly store: Pick<EngineStore, 'load' | 'commit' | 'summaries'>
  /** The states that are held of a channel changed, the newest or others. */
  readonly onStates: (id: ChannelId) => void
  /** Nobody knows what the store has of the channel's links: they are to be settled. */
  readonly onDoubt: (id: ChannelId) => void
}

/** More would be the work of a client who floods a store that fails; what is over stays as the store has it. */
const mostDoubts = 65_536

const notHeld = Promise.resolve(undefined)

export function channelBook({ index, ledger, store, onStates, onDoubt }: ChannelBookDeps): ChannelBook {
  /** Channels with a write of links that was reported as failed, and none after it that was not. */
  const inDoubt = new Set<ChannelId>()

  /** Writes what says who is enrolled, and below which channels. */
  async function commitLinks(
    id: ChannelId,
    changes: readonly StoreChange[],
    options: AbortOptions | undefined,
  ): Promise<void> {
    try {
      await store.commit(changes, options)
    } catch (error) {
      if (inDoubt.size < mostDoubts) inDoubt.add(id)
      if (inDoubt.has(id)) onDoubt(id)
      throw error
    }
    inDoubt.delete(id)
  }

  /** Brings the entry in step with the stored states, where a write that was reported as failed has been made. */
  function inStep(entry: ChannelEntry, stored: StoredChannel): ChannelEntry {
    if (isSurelyInStep(entry, stored)) return entry
    const after = withStates(entry, stored)
    const hasSameStates = isInStep(entry, after)
    if (hasSameStates && entry.otherLines === after.otherLines) return entry
    index.put(after)
    if (!hasSameStates) onStates(entry.id)
    return after
  }

  /** Of a channel that only the store knows. Where its creation was reported as failed, nobody was told that they are enrolled. */
  function foundEntry(id: ChannelId, stored: StoredChannel): ChannelEntry {
    const found = entryOf(summaryOf(id, stored), ledger)
    return inDoubt.has(id) ? { ...found, clients: lean([]) } : found
  }

  async function lookUp(id: ChannelId, options?: AbortOptions): Promise<HeldChannel | undefined> {
    const stored = await store.load(id, options)
    const entry = index.get(id)
    if (stored === undefined) {
      if (entry !== undefined && !isWatched(entry)) index.remove(id)
      return undefined
    }
    if (entry !== undefined) return { entry: inStep(entry, stored), stored }
    const found = foundEntry(id, stored)
    index.put(found)
    return { entry: found, stored }
  }

  return {
    async restore(options) {
      for await (const summary of store.summaries(options)) index.put(entryOf(summary, ledger))
    },
    read: (id, options) => (index.get(id) === undefined ? notHeld : lookUp(id, options)),
    lookUp,
    async create(channel, options) {
      await commitLinks(channel.id, [channel], options)
      index.put(entryOf(summaryOf(channel.id, newChannel(channel)), ledger))
    },
    async commit({ entry: { id }, stored }, changes, options) {
      if (changes.some(({ type }) => type === 'putLinks')) await commitLinks(id, changes, options)
      else await store.commit(changes, options)
      // As it is now: something may have been observed on the chain meanwhile.
      const entry = index.get(id)
      if (entry === undefined) return
      const after = mirrored(entry, stored, changes)
      if (after !== entry) index.put(after)
      if (changes.some(isOfStates)) onStates(id)
    },
    async relink(id, changes, options) {
      await commitLinks(id, changes, options)
      const entry = index.get(id)
      if (entry === undefined) return
      index.put(changes.reduce(relinked, entry))
    },
    async remove(id, options) {
      await commitLinks(id, [{ type: 'removeChannel', id }], options)
      index.remove(id)
    },
    async settleLinks(id, options) {
      if (!inDoubt.has(id)) return
      const stored = await store.load(id, options)
      const entry = index.get(id)
      if (stored !== undefined) {
        await store.commit(entry === undefined ? [{ type: 'removeChannel', id }] : linksOf(entry, stored), options)
      }
      inDoubt.delete(id)
    },
    observe: (id, observations) => index.patch(id, observations),
  }
}

function isOfStates({ type }: ChannelUpdate): boolean {
  return type !== 'putLinks' && type !== 'putLineClients' && type !== 'putRecord' && type !== 'putMailbox'
}

/**
 * The entry with what the states of a channel say. Unchanged lists stay the same arrays: the index need not relink. Field by
 * field: this runs for every state that is published, and spreading is slow.
 */
function withStates(entry: ChannelEntry, stored: StoredChannel): ChannelEntry {
  const { version, hash, isFinal, bytes, locks, olderLocks, historyLocks, historyBytes, otherLines } = summaryOf(
    entry.id,
    stored,
  )
  return {
    id: entry.id,
    participants: entry.participants,
    isLedger: entry.isLedger,
    windowSeconds: entry.windowSeconds,
    parents: entry.parents,
    clients: entry.clients,
    unbriefed: entry.unbriefed,
    version,
    hash,
    isFinal,
    bytes,
    locks: unchanged(entry.locks, locks),
    olderLocks: unchanged(entry.olderLocks, olderLocks),
    historyLocks: unchanged(entry.historyLocks, historyLocks),
    historyBytes,
    otherLines: hasSameShares(entry.otherLines, otherLines) ? entry.otherLines : lean(otherLines),
    record: entry.record,
    readAt: entry.readAt,
    pending: entry.pending,
  }
}

/** Without a look at any list: this is asked for every state that is published, and nearly always true. */
function isSurelyInStep(entry: ChannelEntry, { newest, older, history, otherLines }: StoredChannel): boolean {
  const hasOneLine = otherLines.length === 0 && entry.otherLines.length === 0
  const isPlain = older.length === 0 && entry.olderLocks.length === 0 && hasOneLine
  return isPlain && newest.hash === entry.hash && history.bytes === entry.historyBytes
}

/** Of the states. Who has a part in which line is no news of them. */
function isInStep(entry: ChannelEntry, after: ChannelEntry): boolean {
  return (
    entry.version === after.version &&
    entry.hash === after.hash &&
    hasSameLines(entry.otherLines, after.otherLines) &&
    entry.bytes === after.bytes &&
    entry.historyBytes === after.historyBytes &&
    entry.locks === after.locks &&
    entry.olderLocks === after.olderLocks &&
    entry.historyLocks === after.historyLocks
  )
}

/** Whether the states of other lines are the same, whoever has a part in them. */
function hasSameLines(before: readonly LineShare[], after: readonly LineShare[]): boolean {
  return before.length === after.length && before.every((share, at) => hasSameState(share, after[at]))
}

function hasSameState(a: LineShare, b: LineShare | undefined): boolean {
  return a.number === b?.number && a.hash === b.hash && a.bytes === b.bytes && a.historyBytes === b.historyBytes
}

function hasSameShares(before: readonly LineShare[], after: readonly LineShare[]): boolean {
  return before.length === after.length && before.every((share, at) => isSameShare(share, after[at]))
}

function isSameShare(a: LineShare, b: LineShare | undefined): boolean {
  return b !== undefined && hasSameState(a, b) && hasSameItems(a.clients, b.clients)
}

function unchanged(before: readonly ChannelId[], after: readonly ChannelId[]): readonly ChannelId[] {
  return hasSameItems(before, after) ? before : lean(after)
}

/** What changes make of an entry. */
function mirrored(before: ChannelEntry, stored: StoredChannel, changes: readonly ChannelUpdate[]): ChannelEntry {
  let entry = before
  let after: StoredChannel = stored
  for (const change of changes) {
    // The index runs ahead of stored records; mailboxes are kept elsewhere.
    if (change.type === 'putRecord' || change.type === 'putMailbox') continue
    if (change.type === 'putLinks') entry = withLinks(entry, change)
    after = applyChange(after, change) ?? after
  }
  return after === stored ? entry : withStates(entry, after)
}

/** The writes that make the store say what an entry does of who is enrolled, and where. */
function linksOf({ id, parents, clients, otherLines }: ChannelEntry, stored: StoredChannel): readonly StoreChange[] {
  const isStored = (number: number): boolean => stored.otherLines.some((line) => line.number === number)
  const lines = otherLines.filter(({ number }) => isStored(number))
  return [
    { type: 'putLinks', id, parents, clients },
    ...lines.map((line) => ({ type: 'putLineClients', id, line: line.number, clients: line.clients }) as const),
  ]
}

function relinked(entry: ChannelEntry, change: PutLinks | PutLineClients | PutMailbox): ChannelEntry {
  switch (change.type) {
    case 'putLinks':
      return withLinks(entry, change)
    case 'putLineClients': {
      const { line, clients } = change
      const otherLines = entry.otherLines.map((share) => (share.number === line ? { ...share, clients } : share))
      return { ...entry, otherLines }
    }
    case 'putMailbox':
      return entry
    default:
      return assertNever(change)
  }
}

function withLinks(entry: ChannelEntry, { parents, clients }: PutLinks): ChannelEntry {
  const unbriefed = entry.unbriefed.filter((client) => clients.includes(client))
  return { ...entry, parents: lean(parents), clients: lean(clients), unbriefed: lean(unbriefed) }
}
