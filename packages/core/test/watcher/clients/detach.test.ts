import { describe, expect, it } from 'vitest'
import { parseClientName } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, settle, setup, stillClock } from '../../support/setup.ts'
import { hasNewest, testStore } from '../../support/stores.ts'

const alice = parseClientName('alice')

describe('a watch that is detached', () => {
  it('tells nothing any more, and its channel stays guarded for its client', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n), undefined, alice)
    watch.detach()
    expect(watch.end).toEqual({ error: undefined })
    expect(await s.store.load(channel.id)).toMatchObject({ clients: [alice] })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told).toEqual([])
  })

  it('leaves to the next watch of its client what was not acknowledged, and what happened since', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 6000n })
    const lost = await s.watch(channel.signed(5n), undefined, alice)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    lost.acknowledge(1n)
    lost.detach()
    await s.mine()
    // It may no longer speak for what it did not hear.
    lost.acknowledge(99n)
    await settle()
    const next = await s.watch(channel.signed(5n), undefined, alice)
    expect(next.told.slice(0, 2)).toEqual(['registered 5', 'refuted 5'])
    expect(s.engine.stats.mailboxes).toBe(1)
  })

  it('keeps nothing in memory once the store has its mailbox', async () => {
    await using s = await setup()
    const watch = await s.watch(testChannel().signed(5n))
    watch.detach()
    await settle()
    expect(s.engine.stats.mailboxes).toBe(0)
    expect(s.engine.stats.channels).toBe(1)
  })

  it('finishes the publishes that are under way and takes no others', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) => (hasNewest(changes) ? held : undefined)
    const publishing = watch.publish(channel.signed(2n))
    await settle()
    watch.detach()
    await expect(watch.publish(channel.signed(3n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    release()
    await publishing
    expect((await store.load(channel.id))?.newest.state.version).toBe(2n)
  })

  it('does not touch other watches of its client, and a stop of it does nothing', async () => {
    await using s = await setup()
    const channel = testChannel()
    const [one, two] = [await s.watch(channel.signed(1n)), await s.watch(channel.signed(1n))]
    one.detach()
    one.detach()
    await one.stop()
    expect(two.end).toBeUndefined()
    await two.publish(channel.signed(2n))
    two.detach()
    expect(await s.store.load(channel.id)).toMatchObject({ clients: ['local'] })
  })

  it('does not take back a stop that waits for a dispute', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(true)
    watch.detach()
    await s.mine()
    await stopping
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(s.engine.channel(channel.id)).toBeUndefined()
  })

  it('is ended once, also when the watcher shuts down before', async () => {
    await using s = await setup()
    let ends = 0
    const watch = await s.engine.startWatching(testChannel().signed(1n), { push() {}, end: () => void ends++ })
    await s.engine.shutdown()
    watch.detach()
    expect(ends).toBe(1)
  })
})
