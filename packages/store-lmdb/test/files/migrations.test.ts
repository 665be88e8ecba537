import { readFileSync } from 'node:fs'
import { type HeldState, memoryStore, parseChannelId, parseClientName } from '@perun-watcher/core'
import { exportedLedgers, exportLines, importLines, type Store } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { metaKeys, partKey } from '../../src/codec/keys.ts'
import { openTables, put, type Tables } from '../../src/files/open-tables.ts'
import { type Damage, rescueStore, verifyStore } from '../../src/index.ts'
import { type LmdbPlace, lmdbPlace } from '../support/place.ts'

/** Made by the version of the store that wrote the first format, with what its export said of it. */
interface Fixture {
  readonly tables: Readonly<Record<'meta' | 'channels' | 'index' | 'mailboxes' | 'attempts', readonly Pair[]>>
  readonly exported: readonly string[]
}

/** Key in hexadecimal, value in base64. */
type Pair = readonly [string, string]

interface FormerChannel {
  readonly id: string
  readonly channel: {
    readonly clients: readonly string[]
    readonly fallback?: { readonly hash: string }
    readonly registered?: { readonly hash: string }
  }
}

const fixture: Fixture = JSON.parse(readFileSync(new URL('../fixtures/format-1.json', import.meta.url), 'utf8'))
const served = exportedLedgers(fixture.exported[0] ?? '')
const former = fixture.exported
  .map((line): FormerChannel & { readonly type: string } => JSON.parse(line))
  .filter(({ type }) => type === 'channel')

/** Writes the store of the first format, apart from entries that are changed. */
async function write(place: LmdbPlace, change: (key: Buffer, value: Buffer) => Buffer = (_, value) => value) {
  const tables = openTables(place.location)
  await tables.root.childTransaction(() => {
    for (const name of ['meta', 'channels', 'index', 'mailboxes', 'attempts'] as const) {
      for (const [hex, base64] of fixture.tables[name]) {
        const key = Buffer.from(hex, 'hex')
        put(tables[name], key, change(key, Buffer.from(base64, 'base64')))
      }
    }
  })
  await tables.root.close()
}

/** All that a store exports, in an order that does not depend on the store. */
async function linesOf(store: Store): Promise<readonly unknown[]> {
  const lines: string[] = []
  for await (const line of exportLines(store)) lines.push(line)
  return lines.toSorted().map((line): unknown => JSON.parse(line))
}

async function historyOf(store: Store, id: string): Promise<readonly HeldState[]> {
  const found: HeldState[] = []
  for await (const held of store.history(parseChannelId(id), 0)) found.push(held)
  return found
}

/** What the export of the first format makes of a store: it knows nothing of how that store was written. */
async function expected(): Promise<readonly unknown[]> {
  const store = memoryStore()
  await store.open(served)
  await importLines(store, fixture.exported)
  return await linesOf(store)
}

const keptIn = (tables: Tables): number => [...tables.channels.getKeys()].filter((key) => key[32] === 7).length

describe('a store of the first format', () => {
  it('is migrated when it is opened, and keeps every state', async () => {
    await using place = lmdbPlace()
    await write(place)
    await using store = place.store()
    await store.open(served)
    expect(store.ledgers).toEqual(served)
    expect(former.some(({ channel }) => channel.clients.length === 0)).toBe(true)
    for (const { id, channel } of former) {
      const { fallback, registered, clients } = channel
      const loaded = await store.load(parseChannelId(id))
      expect(loaded?.clients).toEqual(clients.map((client) => parseClientName(client)))
      expect(loaded?.older.map(({ hash }) => hash)).toEqual(fallback === undefined ? [] : [fallback.hash])
      const hashes = new Set([fallback, registered].flatMap((held) => held?.hash ?? []))
      expect(new Set((await historyOf(store, id)).map(({ hash }): string => hash))).toEqual(hashes)
      expect(loaded?.history.states).toBe(hashes.size)
    }
    expect(await linesOf(store)).toEqual(await expected())
    expect((await store.verify()).damaged).toEqual([])
    await store.close()
    // It is an ordinary store from then on.
    await using again = place.store()
    await again.open(served)
    expect(await linesOf(again)).toEqual(await expected())
  })

  it('is verified as it is, and rescued into one of the present format', async () => {
    await using place = lmdbPlace()
    await write(place)
    const report = await verifyStore(place.location)
    expect(report).toMatchObject({ channels: former.length, mailboxes: 2, attempts: 3, damaged: [] })
    expect(report.ledgers).toEqual([{ ledgerId: served[0], cursor: 2n ** 64n }])
    expect(report.kept).toBe(
      former.flatMap(({ channel }) => [channel.fallback ?? [], channel.registered ?? []].flat()).length,
    )
    await rescueStore({ from: place.location, to: place.beside('rescued') })
    const tables = openTables(place.location)
    expect([keptIn(tables), tables.meta.getBinary(metaKeys.format)?.[2]], 'left as it is').toEqual([0, 1])
    await tables.root.close()
    await using rescued = place.store({ path: place.beside('rescued') })
    await rescued.open(served)
    expect(await linesOf(rescued)).toEqual(await expected())
  })

  it('keeps its states although summaries are damaged', async () => {
    await using place = lmdbPlace()
    await write(place, (key, value) => (key.length === 32 ? Buffer.concat([value, Buffer.of(0)]) : value))
    await using store = place.store()
    await store.open(served)
    for (const { id, channel } of former) {
      const hashes = new Set([channel.fallback, channel.registered].flatMap((held) => held?.hash ?? []))
      expect(new Set((await historyOf(store, id)).map(({ hash }): string => hash))).toEqual(hashes)
      expect((await store.load(parseChannelId(id)))?.history.states).toBe(hashes.size)
    }
  })

  it('is migrated without a state that cannot be read, which is reported', async () => {
    await using place = lmdbPlace()
    const victim = former.find(({ channel }) => channel.fallback !== undefined)
    if (victim === undefined) throw new Error('The fixture has a fallback.')
    const key = partKey(Buffer.from(victim.id.slice(2), 'hex'), 'fallback')
    await write(place, (each, value) => (each.equals(key) ? Buffer.concat([value, Buffer.of(0)]) : value))
    const damages: Damage[] = []
    await using store = place.store({ onDamaged: (damage) => damages.push(damage) })
    await store.open(served)
    expect(damages).toMatchObject([{ channelId: victim.id, isRescued: true, error: { code: 'STORE_CORRUPT' } }])
    expect((await store.load(parseChannelId(victim.id)))?.older).toEqual([])
    expect((await store.verify()).damaged, 'it stays where it was').toHaveLength(1)
  })
})
