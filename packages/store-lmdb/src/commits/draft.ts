import type { ChannelId, LedgerId } from '@perun-watcher/core'
import { assertChannel, assertLine, type StoreChange } from '@perun-watcher/core/adapter'
import { idKey, keptKey, keptPrefix, lineKey } from '../codec/keys.ts'
import { type IndexEntry, lineOf } from '../entries/index-entry.ts'
import { nextEntry } from '../entries/next-entry.ts'
import type { Tables } from '../files/open-tables.ts'
import { type StoredStates, storedStates } from './stored-states.ts'

/** Reads the index entry of a channel inside the transaction; rebuilds a damaged one. */
export type ReadEntry = (tables: Tables, id: ChannelId) => IndexEntry | undefined

/** What the changes of a commit make of the channels, one after the other. */
export interface Draft {
  readonly tables: Tables
  readonly readEntry: ReadEntry
  readonly numberOf: (ledger: LedgerId) => number
  /** Of the channels that were changed so far. */
  readonly entries: Map<ChannelId, IndexEntry | undefined>
  /** Made where it is needed: nearly no commit does. */
  states: StoredStates | undefined
}

type Change<Type extends StoreChange['type']> = Extract<StoreChange, { type: Type }>

/**
 * Takes the next change. Hot: so these are functions of the draft, which is all that is made for a commit.
 *
 * @returns whether it writes anything besides the index entry.
 * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
 */
export function take(draft: Draft, change: StoreChange): boolean {
  switch (change.type) {
    case 'putCursor':
      return true
    case 'removeChannel':
      // Unconditional, so that a damaged channel can be removed, too.
      draft.entries.set(change.id, undefined)
      statesOf(draft).removeAll(idKey(change.id))
      return true
    case 'putMailbox':
      assertChannel(entryIn(draft, change.id), change.id)
      return true
    case 'putKept':
      return takeKept(draft, change)
    case 'dropKept':
      return takeDrop(draft, change)
    case 'createLine':
      return takeLine(draft, change)
    default:
      draft.entries.set(change.id, nextEntry(entryIn(draft, change.id), change, draft.numberOf))
      return true
  }
}

function entryIn({ entries, readEntry, tables }: Draft, id: ChannelId): IndexEntry | undefined {
  return entries.has(id) ? entries.get(id) : readEntry(tables, id)
}

function statesOf(draft: Draft): StoredStates {
  draft.states ??= storedStates(draft.tables.channels)
  return draft.states
}

function takeKept(draft: Draft, change: Change<'putKept'>): boolean {
  const { id, line, held } = change
  const before = entryIn(draft, id)
  assertChannel(before, id)
  assertLine(lineOf(before, line), id, line)
  const key = keptKey(idKey(id), line, held.state.version, held.hash)
  const states = statesOf(draft)
  // A damaged one is replaced, and stays counted.
  if (states.has(key)) return states.isDamaged(key)
  states.set(key, true)
  draft.entries.set(id, nextEntry(before, change, draft.numberOf))
  return true
}

function takeDrop(draft: Draft, change: Change<'dropKept'>): boolean {
  const { id, line } = change
  const states = statesOf(draft)
  const dropped = change.states.filter(({ version, hash }) => {
    const key = keptKey(idKey(id), line, version, hash)
    const isKept = states.has(key)
    states.set(key, false)
    return isKept
  })
  draft.entries.set(id, nextEntry(entryIn(draft, id), { ...change, states: dropped }, draft.numberOf))
  return true
}

function takeLine(draft: Draft, change: Change<'createLine'>): boolean {
  const { id, line } = change
  const before = entryIn(draft, id)
  const states = statesOf(draft)
  const key = lineKey(idKey(id), 'lineNewest', line)
  const isReadable = states.has(key) && !states.isDamaged(key)
  const rest = before === undefined || isReadable ? before : withoutLine(before, line)
  draft.entries.set(id, nextEntry(rest, change, draft.numberOf))
  // Of a line with this number that was removed, by an earlier change of this commit or as one that cannot be read.
  states.removeAll(keptPrefix(idKey(id), line))
  states.set(key, true)
  return true
}

/** A line that cannot be read protects nothing, and must not stand in the way of a new one. */
function withoutLine(before: IndexEntry, line: number): IndexEntry {
  return { ...before, otherLines: before.otherLines.filter(({ number }) => number !== line) }
}
