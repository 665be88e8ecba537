import { describe, expect, it } from 'vitest'
import { parseClientName } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, settle, setup, stillClock } from '../../support/setup.ts'
import { hasNewest, testStore } from '../../support/stores.ts'

describe('stopping', () => {
  it('does nothing where its signal is aborted already', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    const reason = new Error('no time')
    const options = { signal: AbortSignal.abort(reason) }
    await expect(watch.stop(options)).rejects.toBe(reason)
    await expect(s.engine.stopWatching(channel.id, options)).rejects.toBe(reason)
    expect(await s.store.load(channel.id)).toMatchObject({ clients: ['local'] })
    await watch.publish(channel.signed(6n))
  })

  it('ends the subscription and forgets the channel', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await watch.stop()
    expect(watch.end).toEqual({ error: undefined })
    expect(await s.store.load(channel.id)).toBeUndefined()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.sent).toEqual([])
    expect(watch.told).toEqual([])
  })

  it('says why to those who did not ask for it', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    const reason = new Error('settled')
    await s.engine.stopWatching(channel.id, { reason })
    expect(watch.end?.error).toBe(reason)
    expect(await s.store.load(channel.id)).toBeUndefined()
  })

  it('can be repeated, also at the same time', async () => {
    await using s = await setup()
    const watch = await s.watch(testChannel().signed(5n))
    await Promise.all([watch.stop(), watch.stop()])
    await watch.stop()
  })

  it('a channel with watched sub-channels is refused and changes nothing', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    await s.watch(child.signed(0n), parent)
    for (let time = 0; time < 2; time++) {
      await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    }
    await watch.publish(parent.signed(2n, { locks: [child] }))
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    expect(watch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
  })

  it('is refused also for a sub-channel whose watch begins while the stop waits for its turn', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock })
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(1n, locks))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) => (hasNewest(changes) ? held : undefined)
    const publishing = watch.publish(parent.signed(2n, locks))
    await settle()
    const below = s.watch(child.signed(0n), parent)
    await settle()
    const stopping = watch.stop()
    release()
    await expect(stopping).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await Promise.all([publishing, below])
    expect(await store.load(parent.id)).toMatchObject({ clients: ['local'] })
  })

  it('is not held back by sub-channels of other clients', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n), undefined, 'alice')
    await s.watch(parent.signed(1n), undefined, 'bob')
    const other = await s.watch(child.signed(0n), parent, 'bob')
    await watch.stop()
    expect(watch.end).toBeDefined()
    expect(await s.store.load(parent.id)).toMatchObject({ clients: ['bob'] })
    await other.stop()
    await s.engine.stopWatching(parent.id, { client: parseClientName('bob') })
    expect(await s.store.load(parent.id)).toBeUndefined()
  })

  it('a sub-channel that the parent locks keeps it silently, with its newest state', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await s.watch(parent.signed(1n, { locks: [child] }))
    const watch = await s.watch(child.signed(0n), parent)
    await watch.publish(child.signed(3n))
    await watch.stop()
    expect(await s.store.load(child.id)).toMatchObject({ clients: [] })
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), [child.signed(0n)])] })
    await s.mine()
    expect(s.chain.dispute(child.id)?.version).toBe(3n)
    expect(watch.told).toEqual([])
  })

  it('and releasing a sub-channel forgets it, with all that was kept for its sake', async () => {
    await using s = await setup()
    const grandchild = testChannel({ kind: 'sub', funds: 5n })
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n, { locks: [grandchild] }), parent)
    const grandchildWatch = await s.watch(grandchild.signed(0n), child)
    await grandchildWatch.stop()
    await childWatch.stop()
    expect(await s.store.load(grandchild.id)).toBeDefined()
    await watch.publish(parent.signed(2n))
    await settle()
    expect(await s.store.load(child.id)).toBeUndefined()
    expect(await s.store.load(grandchild.id)).toBeUndefined()
  })

  it('a root forgets its archived sub-channels', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    const childWatch = await s.watch(child.signed(0n), parent)
    await childWatch.stop()
    await watch.stop()
    expect(await s.store.load(child.id)).toBeUndefined()
    expect(await s.store.load(parent.id)).toBeUndefined()
  })

  it('an archived sub-channel can be watched again', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n, { locks: [child] }))
    const before = await s.watch(child.signed(4n), parent)
    await before.stop()
    // It is locked, so that any state of it may have to be repeated exactly: an older one is welcome, beside the newest.
    const again = await s.watch(child.signed(3n), parent)
    expect(await s.store.load(child.id)).toMatchObject({ newest: { state: { version: 4n } }, history: { states: 1 } })
    expect(await s.store.kept(child.id, 0, 3n, undefined)).toBeDefined()
    await again.publish(child.signed(5n))
    await watch.publish(parent.signed(2n))
    await settle()
    expect(await s.store.load(child.id)).toMatchObject({ clients: ['local'] })
  })

  it('waits until a dispute of the family is finished', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(true)
    expect(watch.end).toBeUndefined()
    await s.mine()
    await stopping
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told).toContain('refuted 5')
  })

  it('waits also for a dispute that begins while it waits for its turn', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(4n))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) => (hasNewest(changes) ? held : undefined)
    const publishing = watch.publish(channel.signed(5n))
    await settle()
    const stopping = watch.stop()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    release()
    await publishing
    expect(await isPending(stopping)).toBe(true)
    await s.mine()
    await s.mine()
    await stopping
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('can be bounded: then the channel is still watched', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    s.chain.faults.send = () => {
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const reason = new Error('no time')
    const controller = new AbortController()
    const stopping = watch.stop({ signal: controller.signal })
    await settle()
    controller.abort(reason)
    await expect(stopping).rejects.toBe(reason)
    delete s.chain.faults.send
    await watch.publish(channel.signed(6n))
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
    await watch.stop()
  })

  it('is not held up by the dispute of another family', async () => {
    await using s = await setup()
    const [disputed, quiet] = [testChannel(), testChannel()]
    await s.watch(disputed.signed(5n))
    const watch = await s.watch(quiet.signed(1n))
    await s.mine({ calls: [registers(disputed.signed(1n))] })
    await watch.stop()
  })

  it('leaves everything as it was when the store fails, and works the next time', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let failures = 1
    store.beforeCommit = () => {
      failures -= 1
      if (failures >= 0) throw new Error('disk full')
    }
    await expect(watch.stop()).rejects.toThrow('disk full')
    await watch.publish(channel.signed(6n))
    await watch.stop()
    expect(await store.load(channel.id)).toBeUndefined()
  })
})
