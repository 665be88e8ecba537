import { assertNever, WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import { stateBytes } from '../model/state-size.ts'
import type {
  History,
  KeptState,
  LedgerRecord,
  OtherLine,
  StoreChange,
  StoredChannel,
  StoredLine,
} from '../spi/store.ts'
import { joined, locksOf, none } from './summary.ts'

/** Changes of one channel itself; mailboxes and the cursor stand beside it. */
export type ChannelChange = Exclude<StoreChange, { type: 'putCursor' | 'putMailbox' }>

/**
 * What a change makes of one stored channel: the meaning of {@link StoreChange}, for stores to share. Whether a state that is
 * to be kept is kept already, and whether one to be dropped is there, it cannot know: leave such changes out.
 *
 * @returns the channel afterwards; `undefined` when it is gone.
 * @throws WatcherError `STORE_STALE_WRITE` or `CHANNEL_UNKNOWN`, as `Store.commit` says.
 */
export function applyChange(before: StoredChannel | undefined, change: ChannelChange): StoredChannel | undefined {
  switch (change.type) {
    case 'createChannel':
      assertAbsent(before, change.id)
      return newChannel(change)
    case 'removeChannel':
      return undefined
    default:
      assertChannel(before, change.id)
      return changed(before, change)
  }
}

type Change<Type> = Extract<ChannelChange, { type: Type }>

/** A channel as it is stored at first. */
export function newChannel({ params, parents, clients, newest }: Change<'createChannel'>): StoredChannel {
  return { params, parents, clients, newest, older: none, history: noHistory, otherLines: none, records: none }
}

export const noHistory: History = { states: 0, bytes: 0, locks: none }

function changed(
  before: StoredChannel,
  change: Exclude<ChannelChange, { type: 'createChannel' | 'removeChannel' }>,
): StoredChannel {
  switch (change.type) {
    case 'putLinks':
      return { ...before, parents: change.parents, clients: change.clients }
    case 'putRecord':
      return { ...before, records: withRecord(before.records, change) }
    case 'createLine':
      return withNewLine(before, change)
    case 'removeLine':
      return withoutLine(before, change)
    case 'putLineClients':
      return inOtherLine(before, change, (line) => ({ ...line, clients: change.clients }))
    case 'putNewest':
    case 'putKept':
    case 'putOlder':
    case 'dropKept':
      return change.line === 0
        ? withLine(before, lineAfter(before, change))
        : inOtherLine(before, change, (line) => ({ ...line, ...lineAfter(line, change) }))
    default:
      return assertNever(change)
  }
}

/** The records of a channel after one was put. */
export function withRecord(
  records: readonly LedgerRecord[],
  { ledger, record }: LedgerRecord,
): readonly LedgerRecord[] {
  return [...records.filter((each) => each.ledger !== ledger), { ledger, record }]
}

/** Field by field: this runs for every state that is published, and spreading is slow. */
function withLine(before: StoredChannel, { newest, older, history }: StoredLine): StoredChannel {
  const { params, parents, clients, otherLines, records } = before
  return { params, parents, clients, newest, older, history, otherLines, records }
}

const otherLine = ({ otherLines }: StoredChannel, line: number): OtherLine | undefined =>
  otherLines.find(({ number }) => number === line)

function withNewLine(before: StoredChannel, { id, line, clients, newest }: Change<'createLine'>): StoredChannel {
  const existing = line === 0 ? before : otherLine(before, line)
  assertAbsentLine(existing, id, line)
  const added = { number: line, clients, newest, older: none, history: noHistory }
  return { ...before, otherLines: [...before.otherLines, added] }
}

function withoutLine(before: StoredChannel, { id, line }: Change<'removeLine'>): StoredChannel {
  assertLine(otherLine(before, line), id, line)
  return { ...before, otherLines: before.otherLines.filter(({ number }) => number !== line) }
}

function inOtherLine(
  before: StoredChannel,
  { id, line }: { readonly id: ChannelId; readonly line: number },
  change: (line: OtherLine) => OtherLine,
): StoredChannel {
  assertLine(otherLine(before, line), id, line)
  return { ...before, otherLines: before.otherLines.map((each) => (each.number === line ? change(each) : each)) }
}

function lineAfter(before: StoredLine, change: Change<'putNewest' | 'putKept' | 'putOlder' | 'dropKept'>): StoredLine {
  const { newest, older, history } = before
  switch (change.type) {
    case 'putNewest':
      assertNewer(newest.state.version, change.held.state.version, change.id)
      return { newest: change.held, older, history }
    case 'putKept':
      return { newest, older, history: historyWith(history, change.held) }
    case 'putOlder':
      return { newest, older: change.older, history }
    case 'dropKept': {
      const isDropped = ({ hash }: HeldState): boolean => change.states.some((state) => state.hash === hash)
      return {
        newest,
        older: older.filter((held) => !isDropped(held)),
        history: historyWithout(history, change.states),
      }
    }
    default:
      return assertNever(change)
  }
}

/** A history with one more state, which it does not hold yet. */
export function historyWith({ states, bytes, locks }: History, held: HeldState): History {
  return { states: states + 1, bytes: bytes + stateBytes(held), locks: joined(locks, locksOf(held)) }
}

/** A history without some states, which it holds. What they locked may be named until the history is empty. */
export function historyWithout({ states, bytes, locks }: History, dropped: readonly KeptState[]): History {
  if (dropped.length >= states) return noHistory
  const left = dropped.reduce((sum, each) => sum - each.bytes, bytes)
  // Not negative, whatever sizes they are said to have.
  return { states: states - dropped.length, bytes: Math.max(0, left), locks }
}

/** @throws WatcherError `CHANNEL_UNKNOWN` unless the channel to be changed is stored; `before` is what a store has of it. */
export function assertChannel<T>(before: T | undefined, id: ChannelId): asserts before is T {
  if (before === undefined) throw new WatcherError('CHANNEL_UNKNOWN', `Channel ${id} is not stored.`)
}

/** @throws WatcherError `CHANNEL_UNKNOWN` unless the line to be changed is stored; `before` is what a store has of it. */
export function assertLine<T>(before: T | undefined, id: ChannelId, line: number): asserts before is T {
  if (before === undefined) throw new WatcherError('CHANNEL_UNKNOWN', `Channel ${id} has no line ${line}.`)
}

/** @throws WatcherError `STORE_STALE_WRITE` if the channel to be created is stored; `before` is what a store has of it. */
export function assertAbsent(before: unknown, id: ChannelId): void {
  if (before !== undefined) throw new WatcherError('STORE_STALE_WRITE', `Channel ${id} is stored already.`)
}

/** @throws WatcherError `STORE_STALE_WRITE` if the line to be created is stored; `before` is what a store has of it. */
export function assertAbsentLine(before: unknown, id: ChannelId, line: number): void {
  if (before !== undefined) throw new WatcherError('STORE_STALE_WRITE', `Channel ${id} has a line ${line} already.`)
}

/** @throws WatcherError `STORE_STALE_WRITE` unless the version to be written is higher than the one stored. */
export function assertNewer(stored: bigint, version: bigint, id: ChannelId): void {
  if (version > stored) return
  throw new WatcherError('STORE_STALE_WRITE', `The stored state of channel ${id} is not older.`, {
    details: [`Stored is version ${stored}, to be written ${version}.`],
  })
}
