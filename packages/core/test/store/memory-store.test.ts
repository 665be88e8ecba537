import { describe, expect, it } from 'vitest'
import { type ChannelSummary, type Mailbox, type StoreChange, stateBytes } from '../../src/adapter.ts'
import { type HeldState, memoryStore, parseClientName, parseLedgerId } from '../../src/index.ts'
import { type TestChannel, testChannel } from '../../src/testing/index.ts'
import { fact } from '../support/events.ts'
import { held } from '../support/random-family.ts'

const [alice, bob] = [parseClientName('alice'), parseClientName('bob')]
const [ledger, otherLedger] = [parseLedgerId('ledger:1'), parseLedgerId('ledger:2')]
const sub = (): TestChannel => testChannel({ funds: 1n })
const heldOf = (channel: TestChannel, version: bigint): HeldState => held(channel.signed(version))

function create(channel: TestChannel, version: bigint): StoreChange {
  const { id, params } = channel
  return { type: 'createChannel', id, params, parents: [], clients: [alice], newest: heldOf(channel, version) }
}

const newest = (channel: TestChannel, version: bigint): StoreChange => ({
  type: 'putNewest',
  id: channel.id,
  line: 0,
  held: heldOf(channel, version),
})

async function contentOf(store: ReturnType<typeof memoryStore>): Promise<ReadonlyMap<string, ChannelSummary>> {
  const content = new Map<string, ChannelSummary>()
  for await (const summary of store.summaries()) content.set(summary.id, summary)
  return content
}

describe('the memory store', () => {
  const channel = testChannel()
  const other = testChannel()

  it('keeps a new channel watched, with its state and nothing else', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 1n)])
    expect(await store.load(channel.id)).toEqual({
      params: channel.params,
      parents: [],
      clients: [alice],
      newest: heldOf(channel, 1n),
      older: [],
      history: { states: 0, bytes: 0, locks: [] },
      otherLines: [],
      records: [],
    })
    expect(await store.load(other.id)).toBeUndefined()
  })

  it('remembers that somebody looked for a record, also where there was none', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 1n), { type: 'putRecord', id: channel.id, ledger, record: undefined }])
    expect(await store.load(channel.id)).toMatchObject({ records: [{ ledger, record: undefined }] })
  })

  it('applies the changes of one commit in order', async () => {
    await using store = memoryStore()
    const links = { type: 'putLinks', id: channel.id, parents: [other.id], clients: [bob, alice] } as const
    await store.commit([create(channel, 1n), newest(channel, 2n), newest(channel, 5n), links])
    expect(await store.load(channel.id)).toMatchObject({
      newest: heldOf(channel, 5n),
      parents: [other.id],
      clients: [bob, alice],
    })
    await store.commit([{ type: 'removeChannel', id: channel.id }, create(channel, 0n)])
    expect(await store.load(channel.id)).toMatchObject({ newest: heldOf(channel, 0n), clients: [alice] })
  })

  it('writes nothing when a change in the middle fails', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 4n), { type: 'putCursor', ledger, blockNumber: 7n }])
    const before = await contentOf(store)
    const failing: readonly (readonly [StoreChange, string])[] = [
      [newest(channel, 4n), 'STORE_STALE_WRITE'],
      [newest(channel, 3n), 'STORE_STALE_WRITE'],
      [create(channel, 9n), 'STORE_STALE_WRITE'],
      [newest(testChannel(), 1n), 'CHANNEL_UNKNOWN'],
      [{ type: 'putRecord', id: testChannel().id, ledger, record: undefined }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putKept', id: testChannel().id, line: 0, held: heldOf(channel, 1n) }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putKept', id: channel.id, line: 1, held: heldOf(channel, 1n) }, 'CHANNEL_UNKNOWN'],
      [{ type: 'dropKept', id: channel.id, line: 1, states: [] }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putLinks', id: testChannel().id, parents: [], clients: [] }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putMailbox', id: testChannel().id, client: alice, mailbox: undefined }, 'CHANNEL_UNKNOWN'],
    ]
    for (const [change, code] of failing) {
      const around: readonly StoreChange[] = [create(other, 1n), { type: 'putCursor', ledger, blockNumber: 8n }, change]
      await expect(store.commit([...around, { type: 'removeChannel', id: channel.id }])).rejects.toMatchObject({ code })
      expect(await contentOf(store)).toEqual(before)
      expect(await store.cursor(ledger)).toBe(7n)
    }
  })

  it('refuses a newest state that is not newer than one earlier in the same commit', async () => {
    await using store = memoryStore()
    const commit = store.commit([create(channel, 1n), newest(channel, 3n), newest(channel, 2n)])
    await expect(commit).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    expect(await store.load(channel.id)).toBeUndefined()
  })

  it('belongs to the ledgers that it is bound to', async () => {
    await using store = memoryStore()
    await store.open([ledger, otherLedger])
    expect(store.ledgers).toEqual([])
    await store.bind(ledger)
    await store.bind(ledger)
    expect(store.ledgers).toEqual([ledger])
    await store.open([ledger])
    await expect(store.open([otherLedger])).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
    await expect(store.bind(otherLedger)).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
  })

  it('has no cursor before the first', async () => {
    await using store = memoryStore()
    expect(await store.cursor(ledger)).toBeUndefined()
    await store.commit([{ type: 'putCursor', ledger, blockNumber: 0n }])
    expect(await store.cursor(ledger)).toBe(0n)
  })

  it('keeps attempts until their sequence number is spent, per lane and ledger', async () => {
    await using store = memoryStore()
    const attempt = (lane: '0xa' | '0xb', sequence: bigint, price = 0) => {
      return { lane, sequence, hash: `0x${lane}${sequence}${price}`, raw: '0x00' } as const
    }
    const journal = store.journal(ledger)
    const all = [attempt('0xa', 1n), attempt('0xa', 1n, 2), attempt('0xa', 2n), attempt('0xb', 1n)]
    for (const each of all) await journal.putAttempt(each)
    await journal.putAttempt(attempt('0xa', 1n))
    expect(await journal.attempts()).toHaveLength(4)
    await journal.forgetAttempts('0xa', 1n)
    expect(await journal.attempts()).toEqual([attempt('0xa', 2n), attempt('0xb', 1n)])
    const other = store.journal(otherLedger)
    expect(await other.attempts()).toEqual([])
    await other.forgetAttempts('0xb', 1n)
    await journal.forgetAttempts('0xb', 0n)
    await journal.forgetAttempts('0xa', 9n)
    expect(await journal.attempts()).toEqual([attempt('0xb', 1n)])
  })

  it('sums a channel up: what its newest state and the older ones lock, and who watches it', async () => {
    await using store = memoryStore()
    const [one, two, three, four] = [sub(), sub(), sub(), sub()]
    const older = held(channel.signed(2n, { locks: [two] }))
    const kept = held(channel.signed(3n, { locks: [three] }))
    const record = { version: 3n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 2n } as const
    await store.commit([
      create(channel, 1n),
      { type: 'putNewest', id: channel.id, line: 0, held: held(channel.signed(7n, { locks: [one], isFinal: true })) },
      { type: 'putKept', id: channel.id, line: 0, held: older },
      { type: 'putKept', id: channel.id, line: 0, held: kept },
      { type: 'putOlder', id: channel.id, line: 0, older: [older] },
      {
        type: 'createLine',
        id: channel.id,
        line: 1,
        clients: [alice],
        newest: held(channel.signed(3n, { locks: [four] })),
      },
      { type: 'putRecord', id: channel.id, ledger, record },
    ])
    expect([...(await contentOf(store)).values()]).toEqual([
      {
        id: channel.id,
        participants: 2,
        isLedger: true,
        challengeDuration: channel.params.challengeDuration,
        parents: [],
        clients: [alice],
        version: 7n,
        hash: held(channel.signed(7n, { locks: [one], isFinal: true })).hash,
        isFinal: true,
        bytes: stateBytes(channel.signed(7n, { locks: [one] })) + stateBytes(channel.signed(3n, { locks: [four] })),
        locks: [one.id],
        olderLocks: [two.id, four.id],
        historyLocks: [two.id, three.id],
        historyBytes: stateBytes(older) + stateBytes(kept),
        otherLines: [
          {
            number: 1,
            clients: [alice],
            version: 3n,
            hash: held(channel.signed(3n, { locks: [four] })).hash,
            isFinal: false,
            bytes: stateBytes(channel.signed(3n, { locks: [four] })),
            historyBytes: 0,
          },
        ],
        records: [{ ledger, record }],
      },
    ])
  })

  it('keeps one mailbox per client and channel, until it is removed or the channel is', async () => {
    await using store = memoryStore()
    const mailbox = (lastSequence: bigint): Mailbox => ({
      lastSequence,
      events: [{ sequence: lastSequence, ledger, event: fact('registered', 1n) }],
    })
    const put = (client: typeof alice, box: Mailbox | undefined): StoreChange => {
      return { type: 'putMailbox', id: channel.id, client, mailbox: box }
    }
    await store.commit([create(channel, 1n), create(other, 1n), put(alice, mailbox(1n)), put(bob, mailbox(4n))])
    await store.commit([put(alice, mailbox(2n))])
    expect(await store.mailbox(channel.id, alice)).toEqual(mailbox(2n))
    expect(await store.mailbox(channel.id, bob)).toEqual(mailbox(4n))
    expect(await store.mailbox(other.id, alice)).toBeUndefined()
    await store.commit([put(alice, undefined)])
    expect(await store.mailbox(channel.id, alice)).toBeUndefined()
    await expect(store.commit([put(bob, mailbox(9n)), newest(channel, 0n)])).rejects.toThrow()
    expect(await store.mailbox(channel.id, bob)).toEqual(mailbox(4n))
    await store.commit([{ type: 'removeChannel', id: channel.id }, create(channel, 1n)])
    expect(await store.mailbox(channel.id, bob)).toBeUndefined()
  })

  it('lists what was there when the listing began, whatever changes meanwhile', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 1n), create(other, 1n)])
    const seen: string[] = []
    for await (const { id } of store.summaries()) {
      seen.push(id)
      await store.commit([{ type: 'removeChannel', id }, create(testChannel(), 1n)])
    }
    expect(new Set(seen)).toEqual(new Set([channel.id, other.id]))
  })
})
