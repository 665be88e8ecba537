import type { ChannelId, ClientName, LedgerId } from '../../model/brand.ts'
import type { AdjudicatorLog, OnChainRecord } from '../../model/ledger.ts'
import type { ChannelSummary } from '../../spi/store.ts'
import { joined, none } from '../../store/summary.ts'
import { archiveCharges } from './archive-charges.ts'
import { type LedgerWindows, ledgerWindows } from './ledger-windows.ts'
import type { LineCharge } from './line-charges.ts'
import type { ClientUsages } from './usage-counter.ts'
import { type WindowClasses, windowClasses } from './window-classes.ts'

/** A log that a reorg may still remove, with what the record was before it. */
export interface PendingFact {
  readonly log: AdjudicatorLog
  readonly before: OnChainRecord | undefined
  /** `false`: the stream was reopened since, and the log has not come again yet. */
  readonly isConfirmed: boolean
}

/** What only the index knows of a channel: it runs ahead of the store, or is never stored. */
export interface Observations {
  /** What the adjudicator holds, as far as we know. */
  readonly record: OnChainRecord | undefined
  /** Clients that came since the record was last read and have not been notified of it yet. */
  readonly unbriefed: readonly ClientName[]
  /** The block at which the record was last read: an older reading changes nothing. */
  readonly readAt: bigint | undefined
  readonly pending: readonly PendingFact[]
}

/** What is kept in memory of a channel: enough to know what concerns whom. The states themselves stay in the store. */
export interface ChannelEntry extends Omit<ChannelSummary, 'records' | 'challengeDuration'>, Observations {
  /** How long its challenge window is, in seconds; at most {@link longestWindow}. */
  readonly windowSeconds: number
}

/** A year, in seconds: of longer windows it does not matter how long they are. A number, since a bigint takes memory. */
const longestWindow = 31_536_000

/** The entry of a channel as it is stored. Lean, since there may be a million of them. */
export function entryOf(summary: ChannelSummary, ledger: LedgerId): ChannelEntry {
  return {
    id: summary.id,
    participants: summary.participants,
    isLedger: summary.isLedger,
    windowSeconds:
      summary.challengeDuration < BigInt(longestWindow) ? Number(summary.challengeDuration) : longestWindow,
    parents: lean(summary.parents),
    clients: lean(summary.clients),
    unbriefed: none,
    version: summary.version,
    hash: summary.hash,
    isFinal: summary.isFinal,
    bytes: summary.bytes,
    locks: lean(summary.locks),
    olderLocks: lean(summary.olderLocks),
    historyLocks: lean(summary.historyLocks),
    historyBytes: summary.historyBytes,
    otherLines: lean(summary.otherLines),
    record: summary.records.find((each) => each.ledger === ledger)?.record,
    readAt: undefined,
    pending: none,
  }
}

/** The shared empty list for an empty one. */
export function lean<T>(items: readonly T[]): readonly T[] {
  return items.length === 0 ? none : items
}

/** Whether a client wants it. If not it is archived: kept because a parent still locks it. */
export function isWatched({ clients }: ChannelEntry): boolean {
  return clients.length > 0
}

/** All channels and the links between them, to be read. */
export interface ChannelIndex {
  readonly size: number
  /** What each client has of it. */
  readonly usage: ClientUsages
  /** The channels that a client is enrolled with. */
  channelsOf(client: ClientName): ReadonlySet<ChannelId>
  /** Whom a channel is charged to: its clients, or, where it is archived, those of the channels that lock it. */
  payersOf(id: ChannelId): readonly ClientName[]
  /** The same line by line, with what each takes. */
  chargesOf(id: ChannelId): readonly LineCharge[]
  get(id: ChannelId): ChannelEntry | undefined
  entries(): Iterable<ChannelEntry>
  /** The channels by the lengths of their windows. */
  readonly byWindow: WindowClasses
  readonly ledgerWindows: LedgerWindows
  /** Channels that clients or archives keep under this one. */
  childrenOf(id: ChannelId): readonly ChannelEntry[]
  /** Whether a state that we keep of another channel locks this one. */
  isLocked(id: ChannelId): boolean
  /** The channels of which a state that we keep locks this one. */
  lockersOf(id: ChannelId): readonly ChannelEntry[]
  /** All channels above, however far, in no particular order: through watches, and through locks of states that we keep. */
  aboveOf(id: ChannelId): readonly ChannelEntry[]
  /**
   * Whether it is locked, or watched below a channel that may lock it at any time.
   *
   * @param line only by channels of those whom this line is charged to: what strangers lock must cost them nothing.
   *   `undefined`: by any.
   */
  isLockable(id: ChannelId, line?: number): boolean
  /** The ledger channels above, through watches and through locks. A ledger channel is its own. */
  rootsOf(id: ChannelId): readonly ChannelId[]
  /** The same, through watches only. */
  watchedRootsOf(id: ChannelId): readonly ChannelId[]
  /** A ledger channel and every known channel that kept states lock below it. */
  membersOf(root: ChannelId): readonly ChannelEntry[]
  /** The same of several, each member once: families may have nearly all of them in common. */
  membersOfAll(roots: readonly ChannelId[]): readonly ChannelEntry[]
  /** Channels that lost a client, a lock or a child since this was last asked, and so may not be needed any more. */
  takePruneCandidates(): readonly ChannelId[]
}

/** For the channel book, which alone keeps the index in step with the store. */
export interface MutableChannelIndex extends ChannelIndex {
  put(entry: ChannelEntry): void
  patch(id: ChannelId, change: Partial<ChannelEntry>): void
  remove(id: ChannelId): void
}

const noChannels: ReadonlySet<ChannelId> = new Set()

function rootsAmong(entries: readonly ChannelEntry[]): readonly ChannelId[] {
  const roots: ChannelId[] = []
  // Only a ledger channel is watched without a parent; one that is virtual as well may have both.
  for (const { id, parents, isLedger } of entries) if (isLedger || parents.length === 0) roots.push(id)
  return roots
}

type Links<From extends string> = Map<From, Set<ChannelId>>

function link<From extends string>(links: Links<From>, from: From, to: ChannelId): void {
  const targets = links.get(from)
  if (targets === undefined) links.set(from, new Set([to]))
  else targets.add(to)
}

function unlink<From extends string>(links: Links<From>, from: From, to: ChannelId): void {
  const targets = links.get(from)
  targets?.delete(to)
  if (targets?.size === 0) links.delete(from)
}

/** Also whether a client wants it: that links it to the outside. */
function hasSameLinks(a: ChannelEntry, b: ChannelEntry): boolean {
  if (isWatched(a) !== isWatched(b) || a.parents !== b.parents) return false
  const hasSameLocks = a.locks === b.locks && a.olderLocks === b.olderLocks && a.historyLocks === b.historyLocks
  return hasSameLocks && (a.historyLocks.length === 0 || keepsHistory(a) === keepsHistory(b))
}

/**
 * Whether a tree may need any state of the history, and so what it locks. What is locked itself may have to be repeated at
 * any version; of a ledger channel only what was superseded while something of it is registered.
 */
export function keepsHistory({ parents, record }: ChannelEntry): boolean {
  return parents.length > 0 || record !== undefined
}

function allLocks(entry: ChannelEntry): readonly ChannelId[] {
  const { locks, olderLocks, historyLocks } = entry
  // Nearly all have none of either; this is asked for every state that is published.
  if (olderLocks.length === 0 && historyLocks.length === 0) return locks
  return joined(joined(locks, olderLocks), keepsHistory(entry) ? historyLocks : none)
}

function linksOf(entry: ChannelEntry | undefined): readonly ChannelId[] {
  return entry === undefined ? none : [...entry.parents, ...allLocks(entry)]
}

/** What may be needed no longer after a change of one entry. `undefined`: the entry was not there, or is gone. */
function loosened(before: ChannelEntry | undefined, after: ChannelEntry | undefined): readonly ChannelId[] {
  const kept = new Set(linksOf(after))
  const lost = linksOf(before).filter((id) => !kept.has(id))
  const isLeft = after !== undefined && !isWatched(after) && (before === undefined || isWatched(before))
  return isLeft ? [after.id, ...after.parents, ...lost] : lost
}

export function channelIndex(): MutableChannelIndex {
  const entries = new Map<ChannelId, ChannelEntry>()
  /** From a parent to the channels watched under it, and from a locked channel to those that lock it. */
  const children: Links<ChannelId> = new Map()
  const lockers: Links<ChannelId> = new Map()
  const enrolments: Links<ClientName> = new Map()

  function enrol(before: ChannelEntry | undefined, after: ChannelEntry | undefined): void {
    if (before?.clients === after?.clients) return
    if (before !== undefined) for (const client of before.clients) unlink(enrolments, client, before.id)
    if (after !== undefined) for (const client of after.clients) link(enrolments, client, after.id)
  }

  function connect(entry: ChannelEntry): void {
    for (const parent of entry.parents) link(children, parent, entry.id)
    for (const locked of allLocks(entry)) link(lockers, locked, entry.id)
  }

  function disconnect(entry: ChannelEntry): void {
    for (const parent of entry.parents) unlink(children, parent, entry.id)
    for (const locked of allLocks(entry)) unlink(lockers, locked, entry.id)
  }

  const pruneCandidates = new Set<ChannelId>()
  const byWindow = windowClasses()
  const windows = ledgerWindows()

  const known = (ids: Iterable<ChannelId> = none): readonly ChannelEntry[] =>
    [...ids].flatMap((id) => entries.get(id) ?? [])

  const { usage, payersOf, chargesOf, replace } = archiveCharges<ChannelEntry>({
    get: (id) => entries.get(id),
    lockersOf: (id) => known(lockers.get(id)),
    locksOf: allLocks,
  })

  function put(entry: ChannelEntry): void {
    const before = entries.get(entry.id)
    entries.set(entry.id, entry)
    if (before === undefined) byWindow.add(entry)
    windows.replace(before, entry)
    enrol(before, entry)
    const isSame = before !== undefined && hasSameLinks(before, entry)
    if (!isSame) {
      for (const id of loosened(before, entry)) pruneCandidates.add(id)
      if (before !== undefined) disconnect(before)
      connect(entry)
    }
    replace(before, entry, isSame)
  }

  /** Everything reachable from `start` over known channels, `start` first. */
  function reach(start: ChannelId, next: (entry: ChannelEntry) => readonly ChannelId[]): readonly ChannelEntry[] {
    const first = entries.get(start)
    if (first === undefined) return none
    const neighbours = next(first)
    // Most channels stand alone, and this is asked for every state that is published.
    if (neighbours.length === 0) return [first]
    const found = new Map([[start, first]])
    spread(found, [...neighbours], next)
    return [...found.values()]
  }

  /** Adds everything that is reachable from these over known channels, and that was not found yet. */
  function spread(
    found: Map<ChannelId, ChannelEntry>,
    open: ChannelId[],
    next: (entry: ChannelEntry) => readonly ChannelId[],
  ): void {
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const entry = found.has(id) ? undefined : entries.get(id)
      if (entry === undefined) continue
      found.set(id, entry)
      for (const neighbour of next(entry)) if (!found.has(neighbour)) open.push(neighbour)
    }
  }

  function above({ id, parents }: ChannelEntry): readonly ChannelId[] {
    const locking = lockers.get(id)
    return locking === undefined ? parents : [...parents, ...locking]
  }

  function isLockable(id: ChannelId, line?: number): boolean {
    const parents = entries.get(id)?.parents ?? none
    // Most channels stand alone, and this is asked for every state that is published.
    if (parents.length === 0 && !lockers.has(id)) return false
    const payers = line === undefined ? none : (chargesOf(id).find(({ number }) => number === line)?.payers ?? none)
    if (payers.length === 0) return true
    const isOfPayer = (above: ChannelId): boolean => payersOf(above).some((client) => payers.includes(client))
    // A parent that is not known any more speaks for nobody, but may come back.
    return (
      parents.some((parent) => !entries.has(parent) || isOfPayer(parent)) ||
      [...(lockers.get(id) ?? [])].some(isOfPayer)
    )
  }

  return {
    get size() {
      return entries.size
    },
    usage,
    byWindow,
    ledgerWindows: windows,
    channelsOf: (client) => enrolments.get(client) ?? noChannels,
    payersOf,
    chargesOf,
    get: (id) => entries.get(id),
    put,
    patch(id, change) {
      const entry = entries.get(id)
      if (entry !== undefined) put({ ...entry, ...change })
    },
    remove(id) {
      const entry = entries.get(id)
      if (entry === undefined) return
      for (const each of loosened(entry, undefined)) pruneCandidates.add(each)
      disconnect(entry)
      entries.delete(id)
      byWindow.remove(entry)
      windows.replace(entry, undefined)
      enrol(entry, undefined)
      replace(entry, undefined, false)
    },
    entries: () => entries.values(),
    childrenOf: (id) => known(children.get(id)),
    isLocked: (id) => lockers.has(id),
    lockersOf: (id) => known(lockers.get(id)),
    aboveOf: (id) => reach(id, above).slice(1),
    isLockable,
    rootsOf: (id) => rootsAmong(reach(id, above)),
    watchedRootsOf: (id) => rootsAmong(reach(id, (entry) => entry.parents)),
    membersOf: (root) => reach(root, allLocks),
    membersOfAll(roots) {
      const found = new Map<ChannelId, ChannelEntry>()
      for (const root of roots) spread(found, [root], allLocks)
      return [...found.values()]
    },
    takePruneCandidates() {
      if (pruneCandidates.size === 0) return none
      const ids = [...pruneCandidates]
      pruneCandidates.clear()
      return ids
    },
  }
}
