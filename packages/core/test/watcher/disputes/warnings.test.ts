import { describe, expect, it } from 'vitest'
import { memoryStore, WatcherError } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

describe('a warning', () => {
  it('is told once while the danger lasts, and again when it comes back', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let isDown = true
    s.chain.faults.send = () => {
      if (isDown) throw new Error('connection refused')
    }
    const warnings = (): number => watch.told.filter((event) => event === 'endangered unreachable').length
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(warnings()).toBe(1)
    isDown = false
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    isDown = true
    await s.reorg(2)
    for (let block = 0; block < 3; block++) await s.mine()
    expect(warnings()).toBe(2)
  })

  it('names the version that stands, the deadline and the time left', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    s.chain.faults.send = () => {
      throw new WatcherError('ACCOUNT_UNDERFUNDED', 'The account has 0 wei.')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const timeout = s.chain.dispute(channel.id)?.timeout ?? 0n
    expect(watch.events.at(-1)).toMatchObject({
      type: 'endangered',
      reason: 'underfunded',
      version: 5n,
      registeredVersion: 1n,
      deadline: timeout,
      secondsLeft: timeout - s.chain.now,
      detail: expect.stringContaining('The account has 0 wei.'),
    })
  })

  it('says that a budget keeps the newest state from being registered, and the answer that stands stays', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    let isPoor = true
    s.chain.faults.send = () => {
      if (isPoor) throw new WatcherError('BUDGET_EXCEEDED', 'The budget leaves too little.')
    }
    await watch.publish(channel.signed(6n))
    // Improvements are in no hurry: by blocks or, at the latest, near the end of the window.
    for (let block = 0; block < 60 && watch.told.at(-1) !== 'endangered budget-exceeded'; block++) {
      await s.mine({ seconds: 8n })
    }
    expect(watch.told.at(-1)).toBe('endangered budget-exceeded')
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    isPoor = false
    for (let block = 0; block < 3; block++) {
      await s.mine()
      await s.clock.pass(30_000)
    }
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
  })

  it('follows the danger: what could be mended is told as such, what is over is told as too late', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(2n, { locks: [child] }))
    await s.mine({ calls: [registers(parent.signed(1n))] })
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'endangered sub-channel-unknown'])
    expect(watch.events.at(-1)).toMatchObject({ detail: expect.stringContaining(child.id) })
    await s.mine({ seconds: 700n })
    expect(watch.told).toEqual(['registered 1', 'endangered sub-channel-unknown', 'endangered too-late'])
  })

  it('is counted by its reason once as it is told, however many clients hear it, and if none does', async () => {
    await using s = await setup()
    const counted = (): object => Object.fromEntries([...s.engine.warnings].filter(([, count]) => count > 0))
    const [lost, shared] = [testChannel(), testChannel()]
    const away = await s.watch(lost.signed(5n))
    away.detach()
    for (const client of ['alice', 'bob']) await s.watch(shared.signed(5n), undefined, client)
    s.chain.faults.send = () => {
      throw new WatcherError('ACCOUNT_UNDERFUNDED', 'The account has 0 wei.')
    }
    const before = s.engine.warnings
    expect(counted()).toEqual({})
    await s.mine({ calls: [registers(lost.signed(1n))] })
    await s.mine()
    expect(counted()).toEqual({ underfunded: 1 })
    await s.mine({ calls: [registers(shared.signed(1n))] })
    await s.mine()
    expect(counted()).toEqual({ underfunded: 2 })
    await s.mine({ seconds: 700n })
    expect(counted()).toEqual({ underfunded: 2, late: 2, 'too-late': 2 })
    expect(away.told).toEqual([])
    // What was read earlier stays as it was: nobody has to copy it to compare.
    expect(before.get('underfunded')).toBe(0)
  })

  it('is still counted when its channel is gone, and leaves nothing among the sizes', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n, duration: 60n, hasApp: true })
    const parent = testChannel({ duration: 600n })
    const root = await s.watch(parent.signed(1n))
    const watch = await s.watch(child.signed(0n), parent)
    await watch.stop()
    await root.stop()
    await settle()
    expect(s.engine.warnings.get('short-sub-window')).toBe(1)
    expect(Object.values(s.engine.stats).filter((size) => size !== 0)).toEqual([])
  })

  it('of one failed simulation is not given: somebody else was first, most likely', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let reverts = 0
    s.chain.faults.send = () => {
      if (reverts++ < 1) throw new WatcherError('REGISTER_REVERTED', 'invalid version')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })

  it('of refusals that do not end is given', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    s.chain.faults.send = () => {
      throw new WatcherError('REGISTER_REVERTED', 'something that nobody understands')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(watch.told).toContain('endangered reverted')
  })

  it("of an app whose window is shorter than the root's comes with the start, to every client", async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n, duration: 60n, hasApp: true })
    const parent = testChannel({ duration: 600n })
    for (const client of ['local', 'alice', 'bob']) await s.watch(parent.signed(1n), undefined, client)
    const one = await s.watch(child.signed(0n), parent, 'alice')
    const two = await s.watch(child.signed(0n), parent, 'bob')
    for (const { told } of [one, two]) expect(told).toContain('endangered short-sub-window')
    const plain = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
    expect((await s.watch(plain.signed(0n), parent)).told).toEqual([])
  })

  describe('about a channel that the store has lost', () => {
    /** A parent that locks a channel that nobody watches any more, about which there was a warning, and which is lost. */
    async function withLostChild() {
      const store = memoryStore()
      const s = await setup({ store, stateCacheBytes: 1 })
      const child = testChannel({ kind: 'sub', funds: 10n, duration: 60n, hasApp: true })
      const parent = testChannel({ duration: 600n })
      const root = await s.watch(parent.signed(1n, { locks: [child] }))
      const watch = await s.watch(child.signed(0n), parent)
      await watch.stop()
      await store.commit([{ type: 'removeChannel', id: child.id }])
      expect(s.engine.stats.warnedChannels).toBe(1)
      return { s, child, parent, root, [Symbol.asyncDispose]: () => s[Symbol.asyncDispose]() }
    }

    it('is told again when the channel comes back', async () => {
      await using lost = await withLostChild()
      const { s, child, parent } = lost
      expect((await s.watch(child.signed(0n), parent)).told).toEqual(['endangered short-sub-window'])
    })

    it('is forgotten when nothing locks the channel any more', async () => {
      await using lost = await withLostChild()
      const { s, child, parent, root } = lost
      // This is how the loss is noticed.
      const { sigs, ...rest } = child.signed(0n)
      const badlySigned = { ...rest, sigs: sigs.toReversed() }
      await expect(s.watch(badlySigned, parent)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
      await root.publish(parent.signed(2n))
      await settle()
      expect(s.engine.stats.warnedChannels).toBe(0)
    })
  })
})
