import { describe, expect, it } from 'vitest'
import { memoryStore, type StoreChange, type StoredChannel, type Transaction } from '../../src/index.ts'
import { type TestChannel, testChannel } from '../support/channels.ts'

const txOf = (channel: TestChannel, version: bigint): Transaction => {
  const { state, sigs } = channel.signed(version)
  return { state, sigs }
}

function create(channel: TestChannel, version: bigint): StoreChange {
  return { type: 'createChannel', id: channel.id, params: channel.params, parents: [], newest: txOf(channel, version) }
}

const newest = (channel: TestChannel, version: bigint): StoreChange => ({
  type: 'putNewest',
  id: channel.id,
  transaction: txOf(channel, version),
})

async function contentOf(store: ReturnType<typeof memoryStore>): Promise<ReadonlyMap<string, StoredChannel>> {
  const content = new Map<string, StoredChannel>()
  for await (const [id, channel] of store.channels()) content.set(id, channel)
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
      watched: true,
      newest: txOf(channel, 1n),
      fallback: undefined,
      registered: undefined,
      record: undefined,
      isRecordKnown: false,
    })
    expect(await store.load(other.id)).toBeUndefined()
  })

  it('remembers that somebody looked for a record, also where there was none', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 1n), { type: 'putRecord', id: channel.id, record: undefined }])
    expect(await store.load(channel.id)).toMatchObject({ record: undefined, isRecordKnown: true })
  })

  it('applies the changes of one commit in order', async () => {
    await using store = memoryStore()
    const links = { type: 'putLinks', id: channel.id, parents: [other.id], watched: false } as const
    await store.commit([create(channel, 1n), newest(channel, 2n), newest(channel, 5n), links])
    expect(await store.load(channel.id)).toMatchObject({
      newest: txOf(channel, 5n),
      parents: [other.id],
      watched: false,
    })
    await store.commit([{ type: 'removeChannel', id: channel.id }, create(channel, 0n)])
    expect(await store.load(channel.id)).toMatchObject({ newest: txOf(channel, 0n), watched: true })
  })

  it('writes nothing when a change in the middle fails', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 4n), { type: 'putCursor', blockNumber: 7n }])
    const before = await contentOf(store)
    const failing: readonly (readonly [StoreChange, string])[] = [
      [newest(channel, 4n), 'STORE_STALE_WRITE'],
      [newest(channel, 3n), 'STORE_STALE_WRITE'],
      [create(channel, 9n), 'STORE_STALE_WRITE'],
      [newest(testChannel(), 1n), 'CHANNEL_UNKNOWN'],
      [{ type: 'putRecord', id: testChannel().id, record: undefined }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putFallback', id: testChannel().id, transaction: undefined }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putRegistered', id: testChannel().id, transaction: undefined }, 'CHANNEL_UNKNOWN'],
      [{ type: 'putLinks', id: testChannel().id, parents: [], watched: true }, 'CHANNEL_UNKNOWN'],
    ]
    for (const [change, code] of failing) {
      const around: readonly StoreChange[] = [create(other, 1n), { type: 'putCursor', blockNumber: 8n }, change]
      await expect(store.commit([...around, { type: 'removeChannel', id: channel.id }])).rejects.toMatchObject({ code })
      expect(await contentOf(store)).toEqual(before)
      expect(await store.cursor()).toBe(7n)
    }
  })

  it('refuses a newest state that is not newer than one earlier in the same commit', async () => {
    await using store = memoryStore()
    const commit = store.commit([create(channel, 1n), newest(channel, 3n), newest(channel, 2n)])
    await expect(commit).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    expect(await store.load(channel.id)).toBeUndefined()
  })

  it('belongs to the first ledger that opens it', async () => {
    await using store = memoryStore()
    await store.open('ledger:1')
    await store.open('ledger:1')
    await expect(store.open('ledger:2')).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
  })

  it('has no cursor before the first', async () => {
    await using store = memoryStore()
    expect(await store.cursor()).toBeUndefined()
    await store.commit([{ type: 'putCursor', blockNumber: 0n }])
    expect(await store.cursor()).toBe(0n)
  })

  it('keeps attempts until their nonce is spent, per account', async () => {
    await using store = memoryStore()
    const attempt = (account: '0xa' | '0xb', nonce: bigint, price = 0) => {
      return { account, nonce, hash: `0x${account}${nonce}${price}`, raw: '0x00' } as const
    }
    const all = [attempt('0xa', 1n), attempt('0xa', 1n, 2), attempt('0xa', 2n), attempt('0xb', 1n)]
    for (const each of all) await store.putAttempt(each)
    await store.putAttempt(attempt('0xa', 1n))
    expect(await store.attempts()).toHaveLength(4)
    await store.forgetAttempts('0xa', 1n)
    expect(await store.attempts()).toEqual([attempt('0xa', 2n), attempt('0xb', 1n)])
    await store.forgetAttempts('0xb', 0n)
    await store.forgetAttempts('0xa', 9n)
    expect(await store.attempts()).toEqual([attempt('0xb', 1n)])
  })

  it('lists what was there when the listing began, whatever changes meanwhile', async () => {
    await using store = memoryStore()
    await store.commit([create(channel, 1n), create(other, 1n)])
    const seen: string[] = []
    for await (const [id] of store.channels()) {
      seen.push(id)
      await store.commit([{ type: 'removeChannel', id }, create(testChannel(), 1n)])
    }
    expect(new Set(seen)).toEqual(new Set([channel.id, other.id]))
  })
})
