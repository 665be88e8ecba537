import type { LedgerId } from '@perun-watcher/core'
import {
  assertAbsent,
  assertAbsentLine,
  assertChannel,
  assertLine,
  assertNever,
  assertNewer,
  type ChannelChange,
  historyWith,
  historyWithout,
} from '@perun-watcher/core/adapter'
import { type IndexEntry, type LineEntry, lineOf, newestOf, newLineEntry, none, olderOf } from './index-entry.ts'

type Change<Type extends ChannelChange['type']> = Extract<ChannelChange, { type: Type }>

/** What changes the states of one line. */
type LineChange = Change<'putNewest' | 'putKept' | 'putOlder' | 'dropKept'>

/**
 * The entry after a change; the counterpart of core's `applyChange`, whose meaning it shares: a state to be kept is not kept
 * yet, and those to be dropped are.
 *
 * @param numberOf - The number of a ledger in this store.
 * @returns `undefined` when the channel is gone.
 * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
 */
export function nextEntry(
  before: IndexEntry | undefined,
  change: ChannelChange,
  numberOf: (ledger: LedgerId) => number,
): IndexEntry | undefined {
  if (change.type === 'removeChannel') return undefined
  if (change.type === 'createChannel') {
    assertAbsent(before, change.id)
    return newEntry(change)
  }
  assertChannel(before, change.id)
  switch (change.type) {
    case 'putNewest':
    case 'putKept':
    case 'putOlder':
    case 'dropKept':
      return withLine(before, change)
    case 'putLinks':
      return { ...before, parents: change.parents, clients: change.clients }
    case 'putRecord':
      return withRecord(before, numberOf(change.ledger), change)
    case 'createLine': {
      const { id, line: number, clients, newest } = change
      assertAbsentLine(lineOf(before, number), id, number)
      return { ...before, otherLines: [...before.otherLines, { number, clients, ...newLineEntry(newest) }] }
    }
    case 'putLineClients':
      return inOtherLine(before, change, (line) => ({ ...line, clients: change.clients }))
    case 'removeLine':
      assertOtherLine(before, change)
      return { ...before, otherLines: before.otherLines.filter(({ number }) => number !== change.line) }
    default:
      return assertNever(change)
  }
}

function newEntry({ params, parents, clients, newest }: Change<'createChannel'>): IndexEntry {
  const rest = { otherLines: none, records: none }
  const { participants, challengeDuration, ledgerChannel: isLedger } = params
  const ofParams = { participants: participants.length, isLedger, challengeDuration }
  return { ...ofParams, parents, clients, ...newLineEntry(newest), ...rest }
}

function withLine(before: IndexEntry, change: LineChange): IndexEntry {
  if (change.line !== 0) return inOtherLine(before, change, (line) => ({ ...line, ...lineAfter(line, change) }))
  return change.type === 'putNewest' ? withNewest(before, change) : { ...before, ...lineAfter(before, change) }
}

/** Hot: runs for every published state. Field by field, because spreading one object over another is slow. */
function withNewest(before: IndexEntry, { id, held }: Change<'putNewest'>): IndexEntry {
  assertNewer(before.version, held.state.version, id)
  const { version, hash, isFinal, bytes, locks } = newestOf(held)
  return {
    participants: before.participants,
    isLedger: before.isLedger,
    challengeDuration: before.challengeDuration,
    parents: before.parents,
    clients: before.clients,
    version,
    hash,
    isFinal,
    bytes,
    locks,
    older: before.older,
    history: before.history,
    otherLines: before.otherLines,
    records: before.records,
  }
}

function lineAfter(before: LineEntry, change: LineChange): LineEntry {
  switch (change.type) {
    case 'putNewest':
      assertNewer(before.version, change.held.state.version, change.id)
      return { ...before, ...newestOf(change.held) }
    case 'putKept':
      return { ...before, history: historyWith(before.history, change.held) }
    case 'putOlder':
      return { ...before, older: change.older.map(olderOf) }
    case 'dropKept': {
      const dropped = new Set(change.states.map(({ hash }) => hash))
      const older = before.older.filter(({ hash }) => !dropped.has(hash))
      return { ...before, older, history: historyWithout(before.history, change.states) }
    }
    default:
      return assertNever(change)
  }
}

function withRecord(before: IndexEntry, ledger: number, { record }: Change<'putRecord'>): IndexEntry {
  const others = before.records.filter((each) => each.ledger !== ledger)
  return { ...before, records: [...others, { ledger, record }] }
}

function inOtherLine(
  before: IndexEntry,
  change: LineChange | Change<'putLineClients'>,
  next: (line: IndexEntry['otherLines'][number]) => IndexEntry['otherLines'][number],
): IndexEntry {
  assertOtherLine(before, change)
  const { otherLines } = before
  return { ...before, otherLines: otherLines.map((line) => (line.number === change.line ? next(line) : line)) }
}

function assertOtherLine(
  { otherLines }: IndexEntry,
  { id, line }: LineChange | Change<'removeLine' | 'putLineClients'>,
): void {
  assertLine(
    otherLines.find(({ number }) => number === line),
    id,
    line,
  )
}
