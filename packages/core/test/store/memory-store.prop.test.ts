import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type LedgerRecord,
  type Mailbox,
  noHistory,
  type Store,
  type StoreChange,
  stateBytes,
} from '../../src/adapter.ts'
import {
  type ChannelId,
  type ClientName,
  type HeldState,
  type LedgerId,
  memoryStore,
  type Params,
  parseClientName,
  parseLedgerId,
} from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'
import { held } from '../support/random-family.ts'

const channels = [testChannel(), testChannel(), testChannel()]
const clients: readonly [ClientName, ClientName] = [parseClientName('alice'), parseClientName('bob')]

const ledgers: readonly [LedgerId, LedgerId] = [parseLedgerId('ledger:1'), parseLedgerId('ledger:2')]

interface NaiveLine {
  readonly clients: readonly ClientName[]
  readonly newest: HeldState
  readonly kept: readonly HeldState[]
  readonly older: readonly HeldState[]
}

interface NaiveChannel {
  readonly params: Params
  readonly parents: readonly ChannelId[]
  readonly clients: readonly ClientName[]
  readonly lines: ReadonlyMap<number, NaiveLine>
  readonly records: readonly LedgerRecord[]
}

/** The store as a child would write it: copy everything, go on until something fails, throw the copy away. */
type Naive = {
  readonly channels: Map<ChannelId, NaiveChannel>
  readonly mailboxes: Map<string, Mailbox>
  readonly cursors: Map<LedgerId, bigint>
}

const boxKey = (id: ChannelId, client: ClientName): string => `${id} ${client}`

function naively(before: Naive, changes: readonly StoreChange[]): Naive | undefined {
  const after: Naive = {
    channels: new Map(before.channels),
    mailboxes: new Map(before.mailboxes),
    cursors: new Map(before.cursors),
  }
  return changes.every((change) => isApplied(after, change)) ? after : undefined
}

function isApplied(store: Naive, change: StoreChange): boolean {
  if (change.type === 'putCursor') {
    store.cursors.set(change.ledger, change.blockNumber)
    return true
  }
  const stored = store.channels.get(change.id)
  if (change.type === 'removeChannel') {
    store.channels.delete(change.id)
    for (const client of clients) store.mailboxes.delete(boxKey(change.id, client))
    return true
  }
  if (change.type === 'createChannel' ? stored !== undefined : stored === undefined) return false
  if (change.type === 'putMailbox') {
    const key = boxKey(change.id, change.client)
    if (change.mailbox === undefined) store.mailboxes.delete(key)
    else store.mailboxes.set(key, change.mailbox)
    return true
  }
  const next = change.type === 'createChannel' ? created(change) : stored && patched(stored, change)
  if (next !== undefined) store.channels.set(change.id, next)
  return next !== undefined
}

type Change<Type extends StoreChange['type']> = Extract<StoreChange, { type: Type }>

function created({ params, parents, clients, newest }: Change<'createChannel'>): NaiveChannel {
  const first = { clients, newest, kept: [], older: [] }
  return { params, parents, clients, lines: new Map([[0, first]]), records: [] }
}

type Patch = Exclude<StoreChange, { type: 'putCursor' | 'putMailbox' | 'removeChannel' | 'createChannel' }>

function patched(stored: NaiveChannel, change: Patch): NaiveChannel | undefined {
  if (change.type === 'putLinks') {
    const { parents, clients } = change
    return { ...stored, parents, clients }
  }
  if (change.type === 'putRecord') {
    const { ledger, record } = change
    return { ...stored, records: [...stored.records.filter((each) => each.ledger !== ledger), { ledger, record }] }
  }
  const lines = new Map(stored.lines)
  const line = lines.get(change.line)
  if (change.type === 'createLine') {
    if (line !== undefined) return undefined
    lines.set(change.line, { clients: change.clients, newest: change.newest, kept: [], older: [] })
    return { ...stored, lines }
  }
  if (line === undefined) return undefined
  if (change.type === 'removeLine') {
    if (change.line === 0) return undefined
    lines.delete(change.line)
    return { ...stored, lines }
  }
  const next = lineAfter(line, change)
  if (next === undefined) return undefined
  lines.set(change.line, next)
  return { ...stored, lines }
}

type LinePatch = Exclude<Patch, { type: 'putLinks' | 'putRecord' | 'createLine' | 'removeLine' }>

function lineAfter(line: NaiveLine, change: LinePatch): NaiveLine | undefined {
  if (change.type === 'putLineClients') return change.line === 0 ? undefined : { ...line, clients: change.clients }
  if (change.type === 'putOlder') return { ...line, older: change.older }
  if (change.type === 'putNewest') {
    return change.held.state.version > line.newest.state.version ? { ...line, newest: change.held } : undefined
  }
  if (change.type === 'putKept') {
    const isKept = line.kept.some(({ hash }) => hash === change.held.hash)
    return isKept ? line : { ...line, kept: [...line.kept, change.held] }
  }
  const isDropped = ({ hash }: HeldState): boolean => change.states.some((state) => state.hash === hash)
  return {
    ...line,
    kept: line.kept.filter((each) => !isDropped(each)),
    older: line.older.filter((each) => !isDropped(each)),
  }
}

const version = fc.bigInt({ min: 0n, max: 6n })

/** What a caller may ask for: states are older ones of a line only where they are kept. */
const changes: fc.Arbitrary<readonly StoreChange[]> = fc
  .record({
    channel: fc.constantFrom(...channels),
    line: fc.constantFrom(0, 0, 1, 2),
    version,
    flag: fc.boolean(),
    kind: fc.integer({ min: 0, max: 13 }),
  })
  .map(({ channel, line, version, flag, kind }): readonly StoreChange[] => {
    const { id, params } = channel
    const newest = held(channel.signed(version))
    const client = clients[Number(version) % 2] ?? clients[0]
    const ledger = ledgers[Number(version) % 2] ?? ledgers[0]
    const mailbox = flag ? { lastSequence: version, events: [] } : undefined
    const record = flag
      ? ({ version, phase: 'dispute', timeout: 5n, stateHash: undefined, blockNumber: 1n } as const)
      : undefined
    const some = flag ? clients : clients.slice(0, Number(version) % 2)
    const putKept = { type: 'putKept', id, line, held: newest } as const
    const named = { version, hash: newest.hash, bytes: stateBytes(newest) }
    const all: readonly (readonly StoreChange[])[] = [
      [{ type: 'createChannel', id, params, parents: [], clients, newest }],
      [{ type: 'putNewest', id, line, held: newest }],
      [{ type: 'putNewest', id, line, held: newest }],
      [{ type: 'putLinks', id, parents: flag ? channels.map((each) => each.id) : [], clients: some }],
      [putKept],
      [putKept, { type: 'putOlder', id, line, older: [newest] }],
      [{ type: 'dropKept', id, line, states: flag ? [named, named] : [named] }],
      [{ type: 'putRecord', id, ledger, record }],
      [{ type: 'putMailbox', id, client, mailbox }],
      [{ type: 'removeChannel', id }],
      [{ type: 'putCursor', ledger, blockNumber: version }],
      [{ type: 'createLine', id, line, clients, newest }],
      [{ type: 'putLineClients', id, line, clients: some }],
      [{ type: 'removeLine', id, line }],
    ]
    return all[kind] ?? []
  })

const commit = fc.array(changes, { maxLength: 4 }).map((parts) => parts.flat())

async function expectSame(store: Store, naive: Naive): Promise<void> {
  for (const { id } of channels) {
    const channel = naive.channels.get(id)
    await expectSameChannel(store, id, channel)
    for (const client of clients) {
      expect(await store.mailbox(id, client)).toEqual(naive.mailboxes.get(boxKey(id, client)))
    }
  }
  for (const ledger of ledgers) expect(await store.cursor(ledger)).toBe(naive.cursors.get(ledger))
}

async function expectSameChannel(store: Store, id: ChannelId, channel: NaiveChannel | undefined): Promise<void> {
  const loaded = await store.load(id)
  expect(loaded?.params).toEqual(channel?.params)
  expect([loaded?.parents, loaded?.clients, loaded?.records]).toEqual([
    channel?.parents,
    channel?.clients,
    channel?.records,
  ])
  const lines = loaded === undefined ? [] : [{ number: 0, ...loaded }, ...loaded.otherLines]
  expect(lines.map(({ number }) => number)).toEqual([...(channel?.lines.keys() ?? [])])
  for (const [number, line] of channel?.lines ?? []) {
    const found = lines.find((each) => each.number === number)
    expect([found?.newest, found?.older]).toEqual([line.newest, line.older])
    if (number !== 0) expect(found?.clients).toEqual(line.clients)
    const { states, bytes } = found?.history ?? noHistory
    expect([states, bytes]).toEqual([line.kept.length, line.kept.reduce((sum, each) => sum + stateBytes(each), 0)])
  }
  for (const number of [0, 1, 2]) {
    const kept = channel?.lines.get(number)?.kept ?? []
    const history: HeldState[] = []
    for await (const each of store.history(id, number)) history.push(each)
    expect(history).toEqual(kept.toSorted((a, b) => Number(a.state.version - b.state.version)))
    for (const each of kept) expect(await store.kept(id, number, each.state.version, each.hash)).toEqual(each)
  }
}

describe('the memory store, under any commits', () => {
  it('holds what a naive store holds, and writes all or nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 12 }), async (commits) => {
        const store = memoryStore()
        let naive: Naive = { channels: new Map(), mailboxes: new Map(), cursors: new Map() }
        for (const changes of commits) {
          const after = naively(naive, changes)
          const isWritten = await store.commit(changes).then(
            () => true,
            () => false,
          )
          expect(isWritten).toBe(after !== undefined)
          naive = after ?? naive
          await expectSame(store, naive)
        }
        const listed = new Map<ChannelId, bigint>()
        for await (const { id, version } of store.summaries()) listed.set(id, version)
        expect(listed).toEqual(
          new Map([...naive.channels].map(([id, { lines }]) => [id, lines.get(0)?.newest.state.version])),
        )
      }),
      { numRuns: 300 },
    )
  })
})
