import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/adapter.ts'
import { deferred } from '../../../src/async/deferred.ts'
import { memoryStore, parseClientName } from '../../../src/index.ts'
import { type ModelChain, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, settle, setup } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const [alice, bob] = [parseClientName('alice'), parseClientName('bob')]
const sink = { push() {}, end() {} }

interface World {
  readonly chain: ModelChain
  readonly store: Store
}

const world = (): World => ({ chain: modelChain(), store: memoryStore() })

/** One run of the engine in which a client starts to watch, and does not come back from. */
async function runWith(
  { chain, store }: World,
  starts: (s: Awaited<ReturnType<typeof setup>>) => Promise<unknown>,
): Promise<void> {
  await using s = await setup({ chain, store })
  await starts(s)
}

describe('a registration', () => {
  it('survives a restart: a stranger who comes and goes does not end the protection', async () => {
    const here = world()
    const channel = testChannel()
    await runWith(here, (s) => s.watch(channel.signed(5n), undefined, alice))
    await using s = await setup(here)
    const stranger = await s.watch(channel.signed(5n), undefined, bob)
    await stranger.stop()
    expect(await here.store.load(channel.id)).toMatchObject({ clients: [alice] })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(here.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('is stored before startWatching resolves, beside those of others', async () => {
    const here = world()
    const channel = testChannel()
    await using s = await setup(here)
    for (const name of [alice, bob, alice]) await s.watch(channel.signed(1n), undefined, name)
    expect(await here.store.load(channel.id)).toMatchObject({ clients: [alice, bob] })
  })

  it('of which the write fails is none', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    await s.watch(channel.signed(1n), undefined, alice)
    store.beforeCommit = () => {
      throw new Error('disk full')
    }
    await expect(s.watch(channel.signed(1n), undefined, bob)).rejects.toThrow('disk full')
    store.beforeCommit = () => {}
    const leaving = s.engine.stopWatching(channel.id, { client: bob })
    await expect(leaving).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
  })

  it('ends with the last open watch of its client, not before', async () => {
    await using s = await setup()
    const channel = testChannel()
    const first = await s.watch(channel.signed(5n), undefined, alice)
    const second = await s.watch(channel.signed(5n), undefined, alice)
    await first.stop()
    expect(first.end).toEqual({ error: undefined })
    expect(await s.store.load(channel.id)).toMatchObject({ clients: [alice] })
    await second.publish(channel.signed(6n))
    await second.stop()
    expect(await s.store.load(channel.id)).toBeUndefined()
  })

  it('of an earlier run is ended by name', async () => {
    const here = world()
    const channel = testChannel()
    await runWith(here, (s) => s.watch(channel.signed(5n), undefined, alice))
    await using s = await setup(here)
    const unknown = { code: 'CHANNEL_UNKNOWN' }
    await expect(s.engine.stopWatching(channel.id, { client: bob })).rejects.toMatchObject(unknown)
    await expect(s.engine.stopWatching(channel.id)).rejects.toMatchObject(unknown)
    await expect(s.engine.stopWatching('0x12', { client: alice })).rejects.toMatchObject({ code: 'STATE_MALFORMED' })
    await s.engine.stopWatching(channel.id, { client: alice })
    expect(await here.store.load(channel.id)).toBeUndefined()
    await expect(s.engine.stopWatching(channel.id, { client: alice })).rejects.toMatchObject(unknown)
  })

  it('ended by name ends every watch of that client and no other', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watches = [
      await s.watch(channel.signed(5n), undefined, alice),
      await s.watch(channel.signed(5n), undefined, alice),
    ]
    const other = await s.watch(channel.signed(5n), undefined, bob)
    await s.engine.stopWatching(channel.id, { client: alice })
    for (const watch of watches) {
      expect(watch.end).toEqual({ error: undefined })
      await expect(watch.publish(channel.signed(6n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
      await watch.stop()
    }
    await other.publish(channel.signed(6n))
    expect(await s.store.load(channel.id)).toMatchObject({ clients: [bob] })
  })

  it('ended while its start still reads the chain is not answered as if the channel were guarded', async () => {
    const chain = modelChain()
    const reads = deferred<void>()
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id) {
          await reads.promise
          return chain.readRecord(id)
        },
      },
    })
    const channel = testChannel()
    const ends: (Error | undefined)[] = []
    const starting = s.engine.startWatching(
      channel.signed(5n),
      { push() {}, end: (error) => ends.push(error) },
      { client: alice },
    )
    await settle()
    await s.engine.stopWatching(channel.id, { client: alice })
    reads.resolve()
    await expect(starting).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    expect(ends).toEqual([undefined])
    expect(await s.store.load(channel.id)).toBeUndefined()
  })

  it('on a sub-channel holds back its client after a restart as well', async () => {
    const here = world()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await runWith(here, async (s) => {
      await s.watch(parent.signed(1n, { locks: [child] }), undefined, alice)
      await s.watch(child.signed(0n), parent, alice)
    })
    await using s = await setup(here)
    const watch = await s.watch(parent.signed(1n, { locks: [child] }), undefined, alice)
    await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await s.engine.stopWatching(child.id, { client: alice })
    await watch.stop()
    expect(await here.store.load(parent.id)).toBeUndefined()
  })

  it('of the last client ends only after the dispute of the family, within the bound', async () => {
    const here = world()
    const channel = testChannel()
    await runWith(here, (s) => s.watch(channel.signed(5n), undefined, alice))
    here.chain.mine({ calls: [registers(channel.signed(1n))] })
    await using s = await setup(here)
    const reason = new Error('no time')
    const bounded = s.engine.stopWatching(channel.id, { client: alice, signal: AbortSignal.abort(reason) })
    await expect(bounded).rejects.toBe(reason)
    const leaving = s.engine.stopWatching(channel.id, { client: alice })
    expect(await isPending(leaving)).toBe(true)
    await s.mine()
    await leaving
    expect(here.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('of one client does not wait for a dispute while another is registered', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.watch(channel.signed(5n), undefined, alice)
    const other = await s.watch(channel.signed(5n), undefined, bob)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await other.stop()
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('belongs to `local` where nobody is named', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.engine.startWatching(channel.signed(5n), sink)
    expect(await s.store.load(channel.id)).toMatchObject({ clients: ['local'] })
    await s.engine.stopWatching(channel.id)
    await settle()
    expect(await s.store.load(channel.id)).toBeUndefined()
  })
})
