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
  /** Of the channels that were changed so far. */
  readonly entries: ReadonlyMap<ChannelId, IndexEntry | undefined>
  /**
   * The next change.
   *
   * @returns whether it writes anything besides the index entry.
   * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
   */
  take(change: StoreChange): boolean
}

type Change<Type extends StoreChange['type']> = Extract<StoreChange, { type: Type }>

export function draftOf(tables: Tables, readEntry: ReadEntry, numberOf: (ledger: LedgerId) => number): Draft {
  const entries = new Map<ChannelId, IndexEntry | undefined>()
  /** Made where it is needed: nearly no commit does. */
  let looked: StoredStates | undefined
  const states = (): StoredStates => {
    looked ??= storedStates(tables.channels)
    return looked
  }

  const entryOf = (id: ChannelId): IndexEntry | undefined => (entries.has(id) ? entries.get(id) : readEntry(tables, id))

  function putKept(change: Change<'putKept'>): boolean {
    const { id, line, held } = change
    const before = entryOf(id)
    assertChannel(before, id)
    assertLine(lineOf(before, line), id, line)
    const key = keptKey(idKey(id), line, held.state.version, held.hash)
    // A damaged one is replaced, and stays counted.
    if (states().has(key)) return states().isDamaged(key)
    states().set(key, true)
    entries.set(id, nextEntry(before, change, numberOf))
    return true
  }

  function dropKept(change: Change<'dropKept'>): boolean {
    const { id, line } = change
    const dropped = change.states.filter(({ version, hash }) => {
      const key = keptKey(idKey(id), line, version, hash)
      const isKept = states().has(key)
      states().set(key, false)
      return isKept
    })
    entries.set(id, nextEntry(entryOf(id), { ...change, states: dropped }, numberOf))
    return true
  }

  function createLine(change: Change<'createLine'>): boolean {
    const { id, line } = change
    const before = entryOf(id)
    const key = lineKey(idKey(id), 'lineNewest', line)
    const isReadable = states().has(key) && !states().isDamaged(key)
    entries.set(
      id,
      nextEntry(before === undefined || isReadable ? before : withoutLine(before, line), change, numberOf),
    )
    // Of a line with this number that was removed, by an earlier change of this commit or as one that cannot be read.
    states().removeAll(keptPrefix(idKey(id), line))
    states().set(key, true)
    return true
  }

  return {
    entries,
    take(change) {
      switch (change.type) {
        case 'putCursor':
          return true
        case 'removeChannel':
          // Unconditional, so that a damaged channel can be removed, too.
          entries.set(change.id, undefined)
          states().removeAll(idKey(change.id))
          return true
        case 'putMailbox':
          assertChannel(entryOf(change.id), change.id)
          return true
        case 'putKept':
          return putKept(change)
        case 'dropKept':
          return dropKept(change)
        case 'createLine':
          return createLine(change)
        default:
          entries.set(change.id, nextEntry(entryOf(change.id), change, numberOf))
          return true
      }
    },
  }
}

/** A line that cannot be read protects nothing, and must not stand in the way of a new one. */
function withoutLine(before: IndexEntry, line: number): IndexEntry {
  return { ...before, otherLines: before.otherLines.filter(({ number }) => number !== line) }
}
