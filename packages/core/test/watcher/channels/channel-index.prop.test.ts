import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChannelId,
  type ClientName,
  type OnChainRecord,
  parseChannelId,
  parseClientName,
  parseStateHash,
} from '../../../src/index.ts'
import {
  type ChannelEntry,
  type ChannelIndex,
  channelIndex,
  isWatched,
  type MutableChannelIndex,
} from '../../../src/watcher/channels/channel-index.ts'

const ids: readonly ChannelId[] = Array.from({ length: 6 }, (_, at) => parseChannelId(`0x${`0${at}`.repeat(32)}`))
const hash = parseStateHash(`0x${'00'.repeat(32)}`)

type Links = Pick<
  ChannelEntry,
  'parents' | 'locks' | 'olderLocks' | 'historyLocks' | 'clients' | 'bytes' | 'historyBytes' | 'otherLines' | 'record'
>

const newest = { version: 0n, hash, isFinal: false }

function entry(id: ChannelId, links: Links): ChannelEntry {
  return {
    id,
    participants: 2,
    isLedger: false,
    windowSeconds: 60,
    unbriefed: [],
    ...newest,
    readAt: undefined,
    pending: [],
    ...links,
  }
}

const record: OnChainRecord = { version: 0n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 1n }

const unlinked: Links = {
  parents: [],
  locks: [],
  olderLocks: [],
  historyLocks: [],
  clients: [],
  bytes: 5,
  historyBytes: 3,
  otherLines: [],
  record,
}

type Step =
  | { readonly type: 'put' | 'patch'; readonly id: ChannelId; readonly links: Links }
  | { readonly type: 'patch version' | 'remove'; readonly id: ChannelId }

const some = fc.subarray([...ids])
const [alice, bob] = [parseClientName('alice'), parseClientName('bob')]
const clients = fc.subarray([alice, bob])
const bytes = fc.constantFrom(0, 32, 1_000)
const links: fc.Arbitrary<Links> = fc.record({
  parents: some,
  locks: some,
  olderLocks: some,
  historyLocks: some,
  clients,
  bytes,
  historyBytes: bytes,
  otherLines: fc.oneof(
    fc.constant([]),
    fc
      .array(fc.record({ clients, bytes, historyBytes: bytes }), { maxLength: 2 })
      .map((lines) => lines.map((line, at) => ({ number: at + 1, ...newest, ...line }))),
  ),
  record: fc.constantFrom(undefined, record),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom('put' as const, 'patch' as const), id: fc.constantFrom(...ids), links }),
  fc.record({ type: fc.constantFrom('patch version' as const, 'remove' as const), id: fc.constantFrom(...ids) }),
)

function apply(index: MutableChannelIndex, naive: Map<ChannelId, ChannelEntry>, { id, ...step }: Step): void {
  const before = naive.get(id)
  if (step.type === 'put') {
    index.put(entry(id, step.links))
    naive.set(id, entry(id, step.links))
  } else if (step.type === 'remove') {
    index.remove(id)
    naive.delete(id)
  } else {
    const change = step.type === 'patch' ? step.links : { version: 9n }
    index.patch(id, change)
    if (before !== undefined) naive.set(id, { ...before, ...change })
  }
}

/** All that can be reached over known channels, found by looking at everything again and again. */
function closure(
  naive: ReadonlyMap<ChannelId, ChannelEntry>,
  start: ChannelId,
  isNext: (from: ChannelEntry, to: ChannelEntry) => boolean,
): ReadonlySet<ChannelId> {
  const found = new Set(naive.has(start) ? [start] : [])
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const to of naive.values()) {
      if ([...found].some((id) => [...naive.values()].some((from) => from.id === id && isNext(from, to))))
        found.add(to.id)
    }
  }
  return found
}

/** A ledger channel's history is needed only while something of it is registered. */
const keepsHistory = ({ parents, record }: ChannelEntry): boolean => parents.length > 0 || record !== undefined
const locks = (entry: ChannelEntry): readonly ChannelId[] => [
  ...entry.locks,
  ...entry.olderLocks,
  ...(keepsHistory(entry) ? entry.historyLocks : []),
]
const isAbove = (from: ChannelEntry, to: ChannelEntry): boolean =>
  from.parents.includes(to.id) || locks(to).includes(from.id)

const sorted = (values: Iterable<ChannelId>): readonly ChannelId[] => [...values].sort()

/** The clients of every channel that locks it, through archived ones. */
function above(naive: ReadonlyMap<ChannelId, ChannelEntry>, of: ChannelEntry): ReadonlySet<ClientName> {
  const isLocker = (from: ChannelEntry, to: ChannelEntry): boolean =>
    (from.id === of.id || !isWatched(from)) && locks(to).includes(from.id)
  const reached = [...closure(naive, of.id, isLocker)].flatMap((id) => naive.get(id) ?? [])
  const lockers = reached.filter((to) => reached.some((from) => isLocker(from, to)))
  return new Set(lockers.flatMap((each) => each.clients))
}

interface Charge {
  readonly payers: readonly ClientName[]
  readonly bytes: number
  readonly historyBytes: number
}

/** Whom each line is charged to: those who gave us its states, while they are enrolled or have a channel above. */
function charges(naive: ReadonlyMap<ChannelId, ChannelEntry>, of: ChannelEntry): readonly Charge[] {
  const isElsewhere = (client: ClientName): boolean => of.otherLines.some((line) => line.clients.includes(client))
  const heirs = above(naive, of)
  const enrolled = of.clients.filter((client) => !isElsewhere(client))
  const left = [...heirs].filter((client) => !isElsewhere(client))
  let { bytes, historyBytes } = of
  const others = of.otherLines.map((line) => {
    bytes -= line.bytes
    historyBytes -= line.historyBytes
    return { ...line, payers: line.clients.filter((client) => of.clients.includes(client) || heirs.has(client)) }
  })
  return [{ payers: enrolled.length > 0 ? enrolled : left, bytes, historyBytes }, ...others]
}

function payers(naive: ReadonlyMap<ChannelId, ChannelEntry>, of: ChannelEntry): ReadonlySet<ClientName> {
  return new Set(charges(naive, of).flatMap((charge) => charge.payers))
}

function checkAgainst(index: ChannelIndex, naive: ReadonlyMap<ChannelId, ChannelEntry>): void {
  const all = [...naive.values()]
  expect(index.size).toBe(all.length)
  expect(index.usage.clients).toBe(new Set(all.flatMap((entry) => [...payers(naive, entry)])).size)
  for (const client of [alice, bob]) {
    const mine = all.filter((entry) => payers(naive, entry).has(client))
    const charged = all.flatMap((entry) => charges(naive, entry)).filter((charge) => charge.payers.includes(client))
    const sum = charged.reduce((total, charge) => total + charge.bytes, 0)
    const historyBytes = charged.reduce((total, charge) => total + charge.historyBytes, 0)
    expect(index.usage.of(client)).toEqual({ channels: mine.length, bytes: sum, historyBytes })
    const enrolled = all.filter(({ clients }) => clients.includes(client)).map(({ id }) => id)
    expect(sorted(index.channelsOf(client))).toEqual(sorted(enrolled))
  }
  expect(sorted([...index.entries()].map(({ id }) => id))).toEqual(sorted(naive.keys()))
  for (const id of ids) {
    const entry = naive.get(id)
    expect(index.get(id)).toEqual(entry)
    expect([...index.payersOf(id)].sort()).toEqual(entry === undefined ? [] : [...payers(naive, entry)].sort())
    const children = all.filter(({ parents }) => parents.includes(id)).map((child) => child.id)
    expect(sorted(index.childrenOf(id).map((child) => child.id))).toEqual(sorted(children))
    expect(index.isLocked(id)).toBe(all.some((other) => locks(other).includes(id)))
    const lockers = all.filter((other) => locks(other).includes(id)).map((locker) => locker.id)
    expect(sorted(index.lockersOf(id).map((locker) => locker.id))).toEqual(sorted(lockers))
    const isBelow = (naive.get(id)?.parents.length ?? 0) > 0
    expect(index.isLockable(id)).toBe(isBelow || lockers.length > 0)
    const above = closure(naive, id, isAbove)
    const roots = [...above].filter((each) => naive.get(each)?.parents.length === 0)
    expect(sorted(index.rootsOf(id))).toEqual(sorted(roots))
    expect(sorted(index.aboveOf(id).map((each) => each.id))).toEqual(sorted([...above].filter((each) => each !== id)))
    const members = closure(naive, id, (from, to) => locks(from).includes(to.id))
    expect(sorted(index.membersOf(id).map((member) => member.id))).toEqual(sorted(members))
    const ofAll = new Set(roots.flatMap((root) => [...closure(naive, root, (from, to) => locks(from).includes(to.id))]))
    expect(sorted(index.membersOfAll(roots).map((member) => member.id))).toEqual(sorted(ofAll))
    const watchedAbove = closure(naive, id, (from, to) => from.parents.includes(to.id))
    const watchedRoots = [...watchedAbove].filter((each) => naive.get(each)?.parents.length === 0)
    expect(sorted(index.watchedRootsOf(id))).toEqual(sorted(watchedRoots))
  }
}

describe('the channel index', () => {
  it('knows the same links and the same usage as one that recomputes everything, after any changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const index = channelIndex()
        const naive = new Map<ChannelId, ChannelEntry>()
        for (const each of steps) apply(index, naive, each)
        checkAgainst(index, naive)
      }),
      { numRuns: 300 },
    )
  })

  it('names every channel that became an orphan, whatever made it one', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const index = channelIndex()
        const naive = new Map<ChannelId, ChannelEntry>()
        const suspects = new Set<ChannelId>()
        for (const each of steps) {
          apply(index, naive, each)
          for (const id of index.takePruneCandidates()) suspects.add(id)
          const orphans = [...index.entries()].filter(
            (entry) => !isWatched(entry) && !index.isLocked(entry.id) && !index.childrenOf(entry.id).some(isWatched),
          )
          for (const { id } of orphans) expect(suspects).toContain(id)
        }
        expect(index.takePruneCandidates()).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('keeps nothing of a channel that was removed', () => {
    const index = channelIndex()
    const [a, b, c, d] = ids
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('there are six')
    index.put(entry(a, { ...unlinked, locks: [b], olderLocks: [c], historyLocks: [d], clients: [alice] }))
    index.put(entry(b, { ...unlinked, parents: [a] }))
    expect(index.isLocked(d)).toBe(true)
    index.remove(a)
    expect(index.isLocked(b)).toBe(false)
    expect(index.isLocked(c)).toBe(false)
    expect(index.isLocked(d)).toBe(false)
    expect(index.rootsOf(b)).toEqual([])
    index.remove(b)
    expect(index.childrenOf(a)).toEqual([])
    expect(index.size).toBe(0)
    expect(index.usage.clients).toBe(0)
  })
})
