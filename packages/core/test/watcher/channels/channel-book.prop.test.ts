import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelSummary } from '../../../src/adapter.ts'
import { type ChannelId, type HeldState, memoryStore, parseClientName, WatcherError } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { cachingStore } from '../../../src/watcher/channels/caching-store.ts'
import { type ChannelUpdate, channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { type ChannelEntry, channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { keptRef } from '../../../src/watcher/channels/kept-states.ts'
import { held } from '../../support/random-family.ts'
import { modelLedger } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const children = [testChannel({ kind: 'sub', funds: 1n }), testChannel({ kind: 'sub', funds: 2n })] as const
const channels = [testChannel(), testChannel()] as const
const clients = ['alice', 'bob'].map(parseClientName)

type Fate = 'written' | 'lost' | 'written, but reported as failed'

type What = OfStates | OfLines | 'read' | 'look up' | 'create' | 'links' | 'remove' | 'settle' | 'restart'
type OfStates = 'newest' | 'superseding' | 'kept' | 'older' | 'drop one' | 'drop all'
type OfLines = 'line' | 'line clients' | 'line newest' | 'line kept' | 'no line'

type Outcome = 'written' | 'failed' | 'not held'

interface Step {
  readonly channel: (typeof channels)[number]
  readonly fate: Fate
  readonly what: What
  readonly locks: readonly (typeof children)[number][]
  readonly clients: typeof clients
}

const step: fc.Arbitrary<Step> = fc.record({
  channel: fc.constantFrom(channels[0], channels[0], channels[1]),
  fate: fc.constantFrom<Fate>('written', 'written', 'lost', 'written, but reported as failed'),
  what: fc.constantFrom<What>(
    ...(['create', 'newest', 'superseding', 'superseding', 'kept', 'older', 'drop one', 'drop all'] as const),
    ...(['line', 'line clients', 'line newest', 'line kept', 'no line'] as const),
    ...(['links', 'remove', 'settle', 'read', 'read', 'look up', 'restart'] as const),
  ),
  locks: fc.subarray([...children]),
  clients: fc.subarray(clients),
})

/** What the index mirrors of a summary: all but the record, with which it runs ahead. */
const mirroredFields = [
  'id',
  'participants',
  'isLedger',
  'parents',
  'clients',
  'version',
  'hash',
  'isFinal',
  'bytes',
  'historyBytes',
  'locks',
  'olderLocks',
  'historyLocks',
  'otherLines',
] as const

function mirrored(summary: ChannelSummary | ChannelEntry | undefined): unknown {
  return summary && Object.fromEntries(mirroredFields.map((field) => [field, summary[field]]))
}

function statesIn(summary: ChannelSummary | ChannelEntry | undefined): unknown {
  if (summary === undefined) return undefined
  const { version, hash, isFinal, bytes, historyBytes, locks, olderLocks, historyLocks } = summary
  return { version, hash, isFinal, bytes, historyBytes, locks, olderLocks, historyLocks }
}

function linksIn(summary: ChannelSummary | ChannelEntry | undefined): unknown {
  return summary && { parents: summary.parents, clients: summary.clients }
}

/** One run of the engine after the other on the same disk. */
function run(cacheBytes: number) {
  const disk = memoryStore()
  const store = testStore(disk)
  const told = new Set<ChannelId>()
  let version = 1n

  function boot() {
    const index = channelIndex()
    const cached = cachingStore(store, cacheBytes)
    return {
      index,
      book: channelBook({
        index,
        ledger: modelLedger,
        store: cached,
        onStates: (id) => void told.add(id),
        onDoubt() {},
      }),
    }
  }
  let now = boot()

  async function onDisk(id: ChannelId): Promise<ChannelSummary | undefined> {
    for await (const summary of disk.summaries()) if (summary.id === id) return summary
    return undefined
  }

  async function write({ channel: { id, signed, params }, what, locks, clients: some }: Step): Promise<Outcome> {
    const { book } = now
    version += 1n
    const newest = held(signed(version, { locks }))
    if (what === 'create') {
      await book.create({ type: 'createChannel', id, params, parents: [], clients: some, newest })
      return 'written'
    }
    if (what === 'remove') {
      await book.remove(id)
      return 'written'
    }
    if (what === 'settle') {
      await book.settleLinks(id)
      return 'written'
    }
    const channel = await book.read(id)
    if (channel === undefined) return 'not held'
    const [first, second] = [{ id, line: 0 } as const, { id, line: 1 } as const]
    // As the store has it: what a change of kept states means, its callers know.
    const kept: HeldState[] = []
    for await (const each of disk.history(id, 0)) kept.push(each)
    const isKept = ({ hash }: HeldState): boolean => kept.some((each) => each.hash === hash)
    const changes: Partial<Record<What, readonly ChannelUpdate[]>> = {
      newest: [{ type: 'putNewest', ...first, held: newest }],
      // As where a state is published that replaces one that may be needed again.
      superseding: [
        { type: 'putNewest', ...first, held: newest },
        ...(isKept(channel.stored.newest)
          ? []
          : ([{ type: 'putKept', ...first, held: channel.stored.newest }] as const)),
        { type: 'putOlder', ...first, older: [channel.stored.newest] },
      ],
      kept: [{ type: 'putKept', ...first, held: newest }],
      older: [{ type: 'putOlder', ...first, older: kept.slice(0, 2) }],
      'drop one': [{ type: 'dropKept', ...first, states: kept.slice(0, 1).map(keptRef) }],
      'drop all': [{ type: 'dropKept', ...first, states: kept.map(keptRef) }],
      line: [{ type: 'createLine', ...second, clients: some, newest }],
      'line clients': [{ type: 'putLineClients', ...second, clients: some }],
      'line newest': [{ type: 'putNewest', ...second, held: newest }],
      'line kept': [{ type: 'putKept', ...second, held: newest }],
      'no line': [{ type: 'removeLine', ...second }],
      links: [{ type: 'putLinks', id, parents: [], clients: some }],
    }
    await book.commit(channel, changes[what] ?? [])
    return 'written'
  }

  return {
    told,
    onDisk,
    entry: (id: ChannelId): ChannelEntry | undefined => now.index.get(id),
    restart(): Promise<void> {
      now = boot()
      return now.book.restore()
    },
    read: (id: ChannelId) => now.book.read(id),
    lookUp: (id: ChannelId) => now.book.lookUp(id),
    async write(step: Step): Promise<Outcome> {
      const failure = (): never => {
        throw new WatcherError('STORE_FAILED', 'Nobody knows.')
      }
      if (step.fate === 'lost') store.beforeCommit = failure
      if (step.fate === 'written, but reported as failed') store.afterCommit = failure
      try {
        return await write(step)
      } catch {
        return 'failed'
      } finally {
        store.beforeCommit = () => {}
        store.afterCommit = () => {}
      }
    },
  }
}

/** Writes that change more than states: links, or whether there is a channel. */
const ofMoreThanStates: ReadonlySet<What> = new Set<What>(['links', 'create', 'remove'])

async function live(steps: readonly Step[], cacheBytes: number): Promise<void> {
  const world = run(cacheBytes)
  /** Where a write of more than states was reported as failed, and made: the index says what callers were told. */
  const inDoubt = new Set<ChannelId>()

  async function restart(): Promise<void> {
    await world.restart()
    inDoubt.clear()
    for (const { id } of channels) expect(mirrored(world.entry(id))).toEqual(mirrored(await world.onDisk(id)))
  }

  async function read(id: ChannelId, what: 'read' | 'look up'): Promise<void> {
    const before = world.entry(id)
    world.told.clear()
    const channel = await (what === 'read' ? world.read(id) : world.lookUp(id))
    const disk = await world.onDisk(id)
    if (what === 'look up') expect(channel === undefined).toBe(disk === undefined)
    if (channel === undefined) return
    expect(channel.entry).toBe(world.entry(id))
    expect(statesIn(channel.entry)).toEqual(statesIn(disk))
    if (before === undefined) return
    if (!same(statesIn(before), statesIn(disk))) expect(world.told).toContain(id)
    // Those of another line are news as well.
    else if (same(before.otherLines, disk?.otherLines)) expect(world.told).not.toContain(id)
  }

  async function write(each: Step): Promise<void> {
    const { id } = each.channel
    const before = world.entry(id)
    world.told.clear()
    const outcome = await world.write(each)
    const after = world.entry(id)
    const isOfMore = ofMoreThanStates.has(each.what)
    if (outcome === 'failed' && isOfMore && each.fate !== 'lost') inDoubt.add(id)
    // What was read before the write may have brought it in step; the write has changed nothing.
    if (outcome !== 'written' && after !== undefined) expect(after.clients).toEqual(before?.clients)
    if (outcome !== 'written') return
    if (isOfMore) inDoubt.delete(id)
    await compare(id, each.what === 'create' ? undefined : before)
  }

  /** From here on the store says of links what callers were told. */
  async function settleLinks(each: Step): Promise<void> {
    const { id } = each.channel
    const before = world.entry(id)
    const outcome = await world.write(each)
    expect(world.entry(id)).toBe(before)
    if (outcome !== 'written') return
    const [after, disk] = [world.entry(id), await world.onDisk(id)]
    expect(linksIn(disk)).toEqual(disk === undefined ? undefined : linksIn(after))
    inDoubt.delete(id)
  }

  /** After a write that was reported as made. */
  async function compare(id: ChannelId, before: ChannelEntry | undefined): Promise<void> {
    const [after, disk] = [world.entry(id), await world.onDisk(id)]
    expect(statesIn(after)).toEqual(statesIn(disk))
    if (!inDoubt.has(id)) expect(mirrored(after)).toEqual(mirrored(disk))
    const isNews = before !== undefined && after !== undefined && !same(statesIn(before), statesIn(after))
    if (isNews) expect(world.told).toContain(id)
  }

  for (const channel of channels) await write({ channel, fate: 'written', what: 'create', locks: [], clients })
  for (const each of steps) {
    if (each.what === 'restart') await restart()
    else if (each.what === 'settle') await settleLinks(each)
    else if (each.what === 'read' || each.what === 'look up') await read(each.channel.id, each.what)
    else await write(each)
  }
}

const same = (a: unknown, b: unknown): boolean => fc.stringify(a) === fc.stringify(b)

describe('the channel book, after any writes, failures and restarts', () => {
  it('says of every channel what the store says, and tells of every change of its states', async () => {
    const cache = fc.constantFrom(1, 1024 * 1024)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), cache, async (steps, cacheBytes) => {
        await live(steps, cacheBytes)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps what the chain told while a write is under way', async () => {
    const index = channelIndex()
    const store = testStore()
    const book = channelBook({ index, ledger: modelLedger, store, onStates() {}, onDoubt() {} })
    const [{ id, params, signed }] = channels
    await book.create({ type: 'createChannel', id, params, parents: [], clients, newest: held(signed(1n)) })
    const channel = await book.read(id)
    if (channel === undefined) throw new Error('It was just created.')
    const record = { version: 1n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 3n } as const
    store.beforeCommit = () => book.observe(id, { record, unbriefed: clients })
    await book.commit(channel, [{ type: 'putNewest', id, line: 0, held: held(signed(2n)) }])
    expect(index.get(id)).toMatchObject({ version: 2n, record, unbriefed: clients })
    await book.commit({ ...channel }, [{ type: 'putLinks', id, parents: [], clients: clients.slice(0, 1) }])
    expect(index.get(id)?.unbriefed).toEqual(clients.slice(0, 1))
  })

  it('asks the store for no stranger, unless it is told to', async () => {
    const loads: ChannelId[] = []
    const store = { ...memoryStore(), load: async (id: ChannelId) => void loads.push(id) }
    const book = channelBook({ index: channelIndex(), ledger: modelLedger, store, onStates() {}, onDoubt() {} })
    expect(await book.read(channels[0].id)).toBeUndefined()
    expect(loads).toEqual([])
    expect(await book.lookUp(channels[0].id)).toBeUndefined()
    expect(loads).toEqual([channels[0].id])
  })

  it('forgets a channel that nobody watches, once the store says that it is gone', async () => {
    const store = testStore()
    const index = channelIndex()
    const book = channelBook({ index, ledger: modelLedger, store, onStates() {}, onDoubt() {} })
    const [{ id, params, signed }] = channels
    await book.create({ type: 'createChannel', id, params, parents: [], clients: [], newest: held(signed(1n)) })
    store.afterCommit = () => {
      throw new WatcherError('STORE_FAILED', 'Nobody knows.')
    }
    await expect(book.remove(id)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(index.get(id)).toBeDefined()
    expect(await book.read(id)).toBeUndefined()
    expect(index.get(id)).toBeUndefined()
  })

  it('does not give up a watched channel that the store has lost', async () => {
    const store = memoryStore()
    const index = channelIndex()
    const book = channelBook({ index, ledger: modelLedger, store, onStates() {}, onDoubt() {} })
    const [{ id, params, signed }] = channels
    await book.create({ type: 'createChannel', id, params, parents: [], clients, newest: held(signed(1n)) })
    await store.commit([{ type: 'removeChannel', id }])
    expect(await book.lookUp(id)).toBeUndefined()
    expect(index.get(id)).toBeDefined()
  })
})
