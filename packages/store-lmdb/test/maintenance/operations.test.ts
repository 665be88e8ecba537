import { existsSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import {
  type AdjudicatorEvent,
  type ChannelId,
  type HeldState,
  parseLedgerId,
  parseTransactionHash,
} from '@perun-watcher/core'
import type { StoredChannel } from '@perun-watcher/core/adapter'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { idKey, metaKeys } from '../../src/codec/keys.ts'
import { openTables, put, remove } from '../../src/files/open-tables.ts'
import {
  type Damage,
  type LmdbStore,
  ledgersOfStore,
  lmdbStore,
  rescueStore,
  restoreStore,
  verifyStore,
} from '../../src/index.ts'
import { alice, channelOf, create, held, ledger, newest } from '../support/channels.ts'
import { type LmdbPlace, lmdbPlace, opened } from '../support/place.ts'

const [first, second, third] = [channelOf(0), channelOf(1), channelOf(2)]
const otherLedger = parseLedgerId('ledger:2')
const served = [ledger, otherLedger]
const transactionHash = parseTransactionHash(`0x${'77'.repeat(32)}`)
const event: AdjudicatorEvent = { type: 'refuted', channelId: second.id, version: 1n, transactionHash, secondsLeft: 1n }
const mailbox = { lastSequence: 9n, events: [{ sequence: 9n, ledger: otherLedger, event }] }

/** The bytes of a signature, which stand in the state and nowhere else. */
const signatureOf = (channel: typeof first, version: bigint): Buffer =>
  Buffer.from((held(channel, version).sigs[0] ?? '').slice(2), 'hex')

const hashOf = (channel: typeof first, version: bigint, options = {}): Buffer =>
  Buffer.from(held(channel, version, options).hash.slice(2), 'hex')

async function filled(place: LmdbPlace): Promise<void> {
  await using store = await opened(place.store(), served)
  await store.commit([first, second, third].map((channel) => create(channel, 5n)))
  await store.commit([
    { type: 'putKept', id: second.id, line: 0, held: held(second, 2n) },
    { type: 'putKept', id: second.id, line: 0, held: held(second, 1n) },
    { type: 'putOlder', id: second.id, line: 0, older: [held(second, 2n)] },
    { type: 'createLine', id: second.id, line: 3, clients: [alice], newest: held(second, 8n) },
    { type: 'putKept', id: second.id, line: 3, held: held(second, 7n) },
    { type: 'putRecord', id: second.id, ledger: otherLedger, record: undefined },
    { type: 'putMailbox', id: second.id, client: alice, mailbox },
    { type: 'putCursor', ledger, blockNumber: 77n },
  ])
  await store.journal(otherLedger).putAttempt({ lane: '0xaa', sequence: 1n, hash: '0x01', raw: '0x02' })
}

describe('a backup of the LMDB store', () => {
  it('is one instant of the store although writes go on, and becomes a store again', async () => {
    await using place = lmdbPlace()
    await using store = await opened(place.store())
    await store.commit([create(first, 0n), create(second, 0n)])
    const pairs = (version: bigint): Promise<void> => store.commit([newest(first, version), newest(second, version)])
    const writes = Array.from({ length: 200 }, (_, index) => pairs(BigInt(index + 1)))
    await store.backup(place.beside('backup'))
    await Promise.all(writes)

    const report = await restoreStore({ from: place.beside('backup'), to: place.beside('restored') })
    expect(report).toMatchObject({ channels: 2, damaged: [] })
    await using restored = place.store({ path: place.beside('restored') })
    await restored.open(served)
    const versions = await Promise.all(
      [first, second].map(async ({ id }) => (await restored.load(id))?.newest.state.version),
    )
    expect(versions[0]).toBe(versions[1])
    await restored.commit([newest(first, 1_000n)])
  })

  it('overwrites nothing, neither when it is made nor when it is restored', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await using store = place.store()
    await store.open(served)
    await store.backup(place.beside('backup'))
    await expect(store.backup(place.beside('backup'))).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' })
    await expect(restoreStore({ from: place.beside('backup'), to: place.location })).rejects.toMatchObject({
      code: 'STORE_NOT_EMPTY',
    })
    await expect(restoreStore({ from: place.beside('nothing'), to: place.beside('x') })).rejects.toMatchObject({
      code: 'STORE_NOT_A_STORE',
    })
    expect(readdirSync(place.beside('.')).toSorted()).toEqual(['backup', 'store'])
  })
})

describe('work on a whole LMDB store that is aborted', () => {
  const reason = new Error('no time')

  it('before it begins leaves nothing behind', async () => {
    await using place = lmdbPlace()
    await filled(place)
    const signal = AbortSignal.abort(reason)
    await expect(verifyStore(place.location, { signal })).rejects.toBe(reason)
    const restoring = restoreStore({ from: place.location, to: place.beside('restored') }, { signal })
    await expect(restoring).rejects.toBe(reason)
    await using store = place.store()
    await store.open(served)
    await expect(store.verify({ signal })).rejects.toBe(reason)
    await expect(store.backup(place.beside('backup'), { signal })).rejects.toBe(reason)
    expect(readdirSync(place.beside('.'))).toEqual(['store'])
  })

  it('while it reads stops at the next entries, and gives the store free', async () => {
    await using place = lmdbPlace()
    await filled(place)
    const abort = new AbortController()
    const read: number[] = []
    const onProgress = (entries: number): void => {
      read.push(entries)
      abort.abort(reason)
    }
    await expect(verifyStore(place.location, { signal: abort.signal, onProgress })).rejects.toBe(reason)
    expect(read).toEqual([3])
    expect((await verifyStore(place.location)).damaged).toEqual([])
  })

  it('while a copy is written stops the waiting', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await using store = place.store()
    await store.open(served)
    const abort = new AbortController()
    const copying = store.backup(place.beside('backup'), { signal: abort.signal })
    abort.abort(reason)
    await expect(copying).rejects.toBe(reason)
    // The copy itself goes on, and is whole.
    while (!existsSync(place.beside('backup'))) await setImmediate()
    expect(await verifyStore(place.beside('backup'))).toMatchObject({ channels: 3, damaged: [] })
  })
})

describe('the ledgers of an LMDB store', () => {
  it('are told by the path alone', async () => {
    await using place = lmdbPlace()
    await filled(place)
    expect(await ledgersOfStore(place.location)).toEqual(served)
    await expect(ledgersOfStore(place.beside('nothing'))).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
    await using store = place.store()
    await store.open(served)
    await expect(ledgersOfStore(place.location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  })
})

describe('a damaged LMDB store', () => {
  it('names what is damaged and reads the rest', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(first, 5n))
    const read: number[] = []
    const report = await verifyStore(place.location, { onProgress: (entries) => read.push(entries) })
    expect(report).toMatchObject({
      ledgers: [
        { ledgerId: ledger, cursor: 77n },
        { ledgerId: otherLedger, cursor: undefined },
      ],
      channels: 3,
      kept: 3,
      mailboxes: 1,
      attempts: 1,
    })
    expect(read.at(-1)).toBeGreaterThan(15)
    expect(report.damaged).toMatchObject([
      {
        channelId: first.id,
        isRescued: false,
        error: { code: 'STORE_CORRUPT', shortMessage: expect.stringContaining('state') },
      },
    ])
  })

  it('names a channel whose summary is gone, which a restart would not find', async () => {
    await using place = lmdbPlace()
    await filled(place)
    const tables = openTables(place.location)
    await tables.root.childTransaction(() => remove(tables.index, idKey(first.id)))
    await tables.root.close()
    const { channels, damaged } = await verifyStore(place.location)
    expect(channels).toBe(2)
    expect(damaged).toMatchObject([
      {
        channelId: first.id,
        isRescued: false,
        error: { code: 'STORE_CORRUPT', shortMessage: expect.stringContaining('summary') },
      },
    ])
  })

  it('works a damaged summary out again from the states, so that a restart guards the channel', async () => {
    await using place = lmdbPlace()
    await filled(place)
    // The hash stands in the summary and in the state; this leaves the state alone.
    await place.damage(Buffer.concat([Buffer.from([5]), hashOf(first, 5n)]))
    const damages: Damage[] = []
    await using store = place.store({ onDamaged: (damage) => damages.push(damage) })
    await store.open(served)
    const summaries = await summariesOf(store)
    expect(summaries.map(({ id }) => id).toSorted()).toEqual([first.id, second.id, third.id].toSorted())
    expect(summaries.find(({ id }) => id === first.id)).toMatchObject({
      version: 5n,
      clients: [alice],
      records: [],
    })
    expect(damages).toMatchObject([{ channelId: first.id, isRescued: true, error: { code: 'STORE_CORRUPT' } }])
    expect((await store.load(first.id))?.newest).toEqual(held(first, 5n))
    // The next change of the channel repairs it.
    await store.commit([newest(first, 6n)])
    expect((await store.verify()).damaged).toEqual([])
  })

  it('guards a channel without an older state that cannot be read', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(second, 2n))
    const damages: Damage[] = []
    await using store = place.store({ onDamaged: (damage) => damages.push(damage) })
    await store.open(served)
    expect(await store.load(second.id)).toMatchObject({ newest: held(second, 5n), older: [] })
    expect(damages).toMatchObject([{ channelId: second.id, isRescued: true }])
  })

  it('passes over a state of a history that cannot be read, and takes it anew', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(second, 1n))
    expect((await verifyStore(place.location)).damaged).toMatchObject([{ channelId: second.id, isRescued: true }])
    const damages: Damage[] = []
    await using store = place.store({ onDamaged: (damage) => damages.push(damage) })
    await store.open(served)
    const { hash } = held(second, 1n)
    expect(await historyOf(store, second.id, 0)).toEqual([held(second, 2n)])
    expect(await store.kept(second.id, 0, 1n, hash)).toBeUndefined()
    expect(await store.kept(second.id, 0, 1n, undefined)).toBeUndefined()
    expect(damages.map(({ channelId, isRescued }) => [channelId, isRescued])).toEqual(
      Array.from({ length: 3 }, () => [second.id, true]),
    )
    const before = await store.load(second.id)
    await store.commit([{ type: 'putKept', id: second.id, line: 0, held: held(second, 1n) }])
    expect(await store.kept(second.id, 0, 1n, hash)).toEqual(held(second, 1n))
    expect(await store.load(second.id)).toEqual(before)
    expect((await store.verify()).damaged).toEqual([])
  })

  it('loads a channel without a line that cannot be read, and lets its number be given anew', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(second, 8n))
    const damages: Damage[] = []
    await using store = place.store({ onDamaged: (damage) => damages.push(damage) })
    await store.open(served)
    expect(await store.load(second.id)).toMatchObject({ newest: held(second, 5n), otherLines: [] })
    expect(damages).toMatchObject([{ channelId: second.id, isRescued: false, error: { code: 'STORE_CORRUPT' } }])
    const anew = { type: 'createLine', id: second.id, line: 3, clients: [alice], newest: held(second, 8n) } as const
    await store.commit([anew])
    expect((await store.load(second.id))?.otherLines).toMatchObject([{ number: 3, newest: held(second, 8n) }])
    expect(await historyOf(store, second.id, 3)).toEqual([])
    await expect(store.commit([anew])).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    await expect(
      store.commit([
        { ...anew, line: 4 },
        { ...anew, line: 4, newest: held(second, 9n) },
      ]),
    ).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    expect((await store.verify()).damaged).toEqual([])
  })

  it('finds lines and histories again where only the summary is damaged', async () => {
    await using place = lmdbPlace()
    await filled(place)
    const before = await channelIn(place, second.id)
    await place.damage(Buffer.concat([Buffer.from([5]), hashOf(second, 5n)]))
    await using store = place.store()
    await store.open(served)
    // Which states were the older ones, and the records, no part tells. The newest state needs no lock, so none is older.
    const otherLines = before?.otherLines.map((line) => ({ ...line, older: [] }))
    expect(await store.load(second.id)).toEqual({ ...before, older: [], otherLines, records: [] })
    await store.commit([newest(second, 6n)])
    expect((await store.verify()).damaged).toEqual([])
    expect(await store.load(second.id)).toMatchObject({ history: before?.history, newest: held(second, 6n) })
  })

  it('takes for older states, where the summary is damaged, what needs no more than any newer one', async () => {
    await using place = lmdbPlace()
    const [sub, otherSub] = [testChannel({ funds: 1n }), testChannel({ funds: 1n })]
    const [one, two] = [{ locks: [sub] }, { locks: [sub, otherSub] }]
    const states = [held(first, 1n), held(first, 2n), held(first, 3n, one), held(first, 4n, two), held(first, 5n, one)]
    await using writing = await opened(place.store(), served)
    await writing.commit([
      create(first, 0n),
      { type: 'putNewest', id: first.id, line: 0, held: held(first, 6n, two) },
      ...states.map((each) => ({ type: 'putKept', id: first.id, line: 0, held: each }) as const),
    ])
    await writing.close()
    await place.damage(Buffer.concat([Buffer.from([6]), hashOf(first, 6n, two)]))
    await using store = place.store()
    await store.open(served)
    expect((await store.load(first.id))?.older.map(({ state }) => state.version)).toEqual([5n, 2n])
  })

  it('warns of what is damaged where nobody else wants to be told', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(second, 2n))
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    try {
      await using store = lmdbStore({ path: place.location })
      await store.open(served)
      await store.load(second.id)
      // Node tells of a warning in a later turn.
      await setImmediate()
    } finally {
      process.off('warning', onWarning)
    }
    expect(warnings).toMatchObject([{ code: 'STORE_CORRUPT' }])
  })

  it('goes on where who is told of damage fails', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(Buffer.concat([Buffer.from([5]), hashOf(first, 5n)]))
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    try {
      await using store = place.store({
        onDamaged() {
          throw new Error('nobody listens')
        },
      })
      await store.open(served)
      await store.commit([newest(first, 6n)])
      await setImmediate()
      expect((await store.load(first.id))?.newest).toEqual(held(first, 6n))
    } finally {
      process.off('warning', onWarning)
    }
    expect(warnings.map(({ message }) => message.split('\n')[0])).toEqual([
      'The stored summary of a channel is damaged.',
      'nobody listens',
    ])
  })

  it('takes a newer state in place of a damaged one, and lets it be removed', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(first, 5n))
    await place.damage(signatureOf(third, 5n))
    await using store = place.store()
    await store.open(served)
    await expect(store.load(first.id)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await expect(store.commit([newest(first, 5n)])).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    await store.commit([newest(first, 6n)])
    expect((await store.load(first.id))?.newest).toEqual(held(first, 6n))
    await store.commit([{ type: 'removeChannel', id: third.id }])
    expect((await store.verify()).damaged).toEqual([])
  })

  it('is rescued into a new store, without what cannot be read', async () => {
    await using place = lmdbPlace()
    await filled(place)
    await place.damage(signatureOf(first, 5n))
    await place.damage(Buffer.concat([Buffer.from([5]), hashOf(third, 5n)]))
    const before = await channelIn(place, second.id)
    const rescue = await rescueStore({ from: place.location, to: place.beside('rescued') })
    expect(rescue.channels).toBe(2)
    expect(rescue.damaged.map(({ channelId, isRescued }) => [channelId, isRescued])).toEqual(
      expect.arrayContaining([
        [first.id, false],
        [third.id, true],
      ]),
    )
    await using store = place.store({ path: place.beside('rescued') })
    await store.open(served)
    expect(await store.load(second.id)).toEqual(before)
    expect(await historyOf(store, second.id, 0)).toEqual([held(second, 1n), held(second, 2n)])
    expect(await historyOf(store, second.id, 3)).toEqual([held(second, 7n)])
    expect((await store.load(third.id))?.newest).toEqual(held(third, 5n))
    expect(await store.load(first.id)).toBeUndefined()
    expect(await store.mailbox(second.id, alice)).toEqual(mailbox)
    expect(store.ledgers).toEqual(served)
    expect(await store.cursor(ledger)).toBe(77n)
    expect(await store.journal(otherLedger).attempts()).toHaveLength(1)
    expect((await store.verify()).damaged).toEqual([])
  })

  it('is not locked by a damaged name of its owner', async () => {
    await using place = lmdbPlace()
    const tables = openTables(place.location)
    await tables.root.childTransaction(() => put(tables.meta, metaKeys.owner, Buffer.from('rotten')))
    await tables.root.close()
    await using store = place.store()
    await store.open(served)
  })

  it('is neither verified nor rescued while somebody uses it', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open(served)
    await expect(verifyStore(place.location)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(rescueStore({ from: place.location, to: place.beside('x') })).rejects.toMatchObject({
      code: 'STORE_LOCKED',
    })
    expect(existsSync(place.beside('x'))).toBe(false)
  })
})

async function historyOf(store: LmdbStore, id: ChannelId, line: number): Promise<readonly HeldState[]> {
  const found: HeldState[] = []
  for await (const each of store.history(id, line)) found.push(each)
  return found
}

async function channelIn(place: LmdbPlace, id: ChannelId): Promise<StoredChannel | undefined> {
  await using store = place.store()
  await store.open(served)
  return await store.load(id)
}

async function summariesOf(store: ReturnType<LmdbPlace['store']>): Promise<readonly { readonly id: string }[]> {
  const found: { readonly id: string }[] = []
  for await (const summary of store.summaries()) found.push(summary)
  return found
}
