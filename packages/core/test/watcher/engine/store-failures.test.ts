import { describe, expect, it } from 'vitest'
import { type StoreChange, silentLogger } from '../../../src/adapter.ts'
import { type Logger, parseClientName, WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'
import { hasNewest, testStore } from '../../support/stores.ts'

const failed = new WatcherError('STORE_FAILED', 'The disk is full.')

/** Fails the next commit that this concerns. */
function failOnce(
  store: ReturnType<typeof testStore>,
  when: 'beforeCommit' | 'afterCommit',
  concerns = hasNewest,
): void {
  store[when] = (changes: readonly StoreChange[]) => {
    if (!concerns(changes)) return
    store[when] = () => {}
    throw failed
  }
}

const leaves = (changes: readonly StoreChange[]): boolean =>
  changes.some((change) => change.type === 'putLinks' && change.clients.length === 0)

const createsChannel = (changes: readonly StoreChange[]): boolean =>
  changes.some(({ type }) => type === 'createChannel')

describe('a store that fails', () => {
  for (const when of ['beforeCommit', 'afterCommit'] as const) {
    const what = when === 'beforeCommit' ? 'without writing' : 'after it wrote'

    it(`${what} makes a publish fail; what was held is defended, and a second try succeeds`, async () => {
      const store = testStore()
      await using s = await setup({ store })
      const channel = testChannel()
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(4n))
      failOnce(store, when)
      await expect(watch.publish(channel.signed(5n))).rejects.toBe(failed)
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(when === 'beforeCommit' ? 4n : 5n)
      await watch.publish(channel.signed(5n))
      await watch.publish(channel.signed(6n))
      await s.mine({ seconds: 300n })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(6n)
    })

    it(`${what} makes a start fail, and a second try succeeds`, async () => {
      const store = testStore()
      await using s = await setup({ store })
      const channel = testChannel()
      failOnce(store, when, createsChannel)
      await expect(s.watch(channel.signed(5n))).rejects.toBe(failed)
      const watch = await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(watch.told).toContain('refuted 5')
    })
  }

  for (const [what, concerns] of [
    ['a stop', leaves],
    ['the removal after a stop', (changes) => changes.some(({ type }) => type === 'removeChannel')],
  ] as const satisfies readonly (readonly [string, (changes: readonly StoreChange[]) => boolean])[]) {
    it(`after it wrote ${what} does not make a client that was told so unknown after a restart`, async () => {
      const store = testStore()
      const chain = modelChain()
      const channel = testChannel()
      {
        await using s = await setup({ store, chain })
        const watch = await s.watch(channel.signed(5n))
        failOnce(store, 'afterCommit', concerns)
        const hasFailed = await watch.stop().then(
          () => false,
          () => true,
        )
        await s.clock.pass(60_000)
        await settle()
        const clients = (await store.load(channel.id))?.clients
        expect(clients).toEqual(hasFailed ? [parseClientName('local')] : undefined)
      }
      // A restart goes by the store alone.
      await using s = await setup({ store, chain })
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(concerns === leaves ? 5n : 1n)
    })
  }

  it('after it wrote a start that failed leaves nothing behind that nobody can stop', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    failOnce(store, 'afterCommit', createsChannel)
    await expect(s.watch(channel.signed(5n))).rejects.toBe(failed)
    await s.clock.pass(60_000)
    await settle()
    expect(await store.load(channel.id)).toBeUndefined()
    await expect(s.engine.stopWatching(channel.id)).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
  })

  it('after it wrote a second start that failed enrols nobody', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    failOnce(store, 'afterCommit', (changes) => changes.some(({ type }) => type === 'putLinks'))
    await expect(s.watch(channel.signed(5n), undefined, 'another')).rejects.toBe(failed)
    await s.clock.pass(60_000)
    await settle()
    expect((await store.load(channel.id))?.clients).toEqual([parseClientName('local')])
  })

  it.each([
    ['for a moment', failed],
    ['because it is full', new WatcherError('STORE_FULL', 'No room is left.')],
    ['because it may not be written', new WatcherError('STORE_ACCESS_DENIED', 'The files are not ours.')],
    ['because it is damaged', new WatcherError('STORE_CORRUPT', 'A page is damaged.')],
    ['for a reason of its own', new TypeError('A programmer was wrong.')],
  ])('again and again, %s, is settled in the end', async (_, failure) => {
    const store = testStore()
    const errors: string[] = []
    const logger: Logger = { ...silentLogger, error: (message) => void errors.push(message) }
    await using s = await setup({ store, logger })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let failures = 0
    store.afterCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putLinks') && failures++ < 5) throw failure
    }
    await expect(watch.stop()).rejects.toBe(failure)
    await s.clock.pass(600_000)
    await settle()
    expect(failures).toBeGreaterThanOrEqual(5)
    expect((await store.load(channel.id))?.clients).toEqual([parseClientName('local')])
    expect(s.engine.stats.tasks).toBe(0)
    // Once for the channel, not once for each try.
    expect(errors).toEqual(['Enrolment not settled; it is tried again'])
  })

  it('for ever with one channel settles the others', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const [broken, sound] = [testChannel(), testChannel()]
    const watches = [await s.watch(broken.signed(5n)), await s.watch(sound.signed(5n))]
    let failures = 0
    store.afterCommit = (changes) => {
      const links = changes.flatMap((change) => (change.type === 'putLinks' ? [change.id] : []))
      if (links.includes(broken.id) || (links.includes(sound.id) && failures++ < 3)) throw failed
    }
    for (const watch of watches) await expect(watch.stop()).rejects.toBe(failed)
    await s.clock.pass(600_000)
    await settle()
    expect((await store.load(sound.id))?.clients).toEqual([parseClientName('local')])
  })

  it('for one state acknowledges no other state with it', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    store.beforeCommit = (changes) => {
      if (changes.some((change) => change.type === 'putNewest' && change.held.state.version === 9n)) throw failed
    }
    const results = await Promise.allSettled([2n, 5n, 9n].map((version) => watch.publish(channel.signed(version))))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect((await store.load(channel.id))?.newest.state.version).toBe(5n)
  })

  it('when read does not end a dispute: it is tried again', async () => {
    const inner = testStore()
    let failures = 0
    let isBroken = false
    const store = {
      ...inner,
      async load(...args: Parameters<typeof inner.load>) {
        if (isBroken && failures++ < 8) throw new Error('unreadable')
        return inner.load(...args)
      },
    }
    await using s = await setup({ store, stateCacheBytes: 1 })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    isBroken = true
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(failures).toBeGreaterThanOrEqual(8)
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('is not needed to refute with a state that was published lately', async () => {
    const inner = testStore()
    let isBroken = false
    const store = {
      ...inner,
      async load(...args: Parameters<typeof inner.load>) {
        if (isBroken) throw new Error('unreadable')
        return inner.load(...args)
      },
    }
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    isBroken = true
    await watch.publish(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('does not lose a state that the chain told', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    let failures = 0
    store.beforeCommit = (changes) => {
      if (hasNewest(changes) && failures++ < 3) throw failures === 1 ? new Error('some other kind of failure') : failed
    }
    await s.mine({ calls: [registers(channel.signed(7n))] })
    await s.mine()
    expect(watch.told).toContain('learned 7')
    expect((await store.load(channel.id))?.newest.state.version).toBe(7n)
  })

  it('tells a state that the chain told although its write was reported as failed', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    let failures = 0
    store.afterCommit = (changes) => {
      if (hasNewest(changes) && failures++ === 0) throw failed
    }
    await s.mine({ calls: [registers(channel.signed(7n))] })
    await s.mine()
    expect(watch.told.filter((told) => told === 'learned 7')).toHaveLength(1)
    expect((await store.load(channel.id))?.newest.state.version).toBe(7n)
  })

  it('lets a client leave a channel whose states cannot be read', async () => {
    const store = testStore()
    await using s = await setup({ store, stateCacheBytes: 1 })
    const channel = testChannel()
    await s.watch(channel.signed(1n))
    const load = store.load
    Object.assign(store, { load: () => Promise.reject(new WatcherError('STORE_CORRUPT', 'The state is damaged.')) })
    await s.engine.stopWatching(channel.id)
    Object.assign(store, { load })
    await settle()
    expect(await store.load(channel.id)).toBeUndefined()
  })

  it('stores no record before the events that tell of it', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const channel = testChannel()
    await s.watch(channel.signed(1n))
    const storedRecords = (): readonly StoreChange[] =>
      store.commits.flat().filter((change) => change.type === 'putRecord' && change.record !== undefined)
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putMailbox')) throw failed
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    // After a restart nobody would be told of what is stored.
    expect(storedRecords()).toEqual([])
    store.beforeCommit = () => {}
    await s.mine()
    expect(storedRecords()).not.toEqual([])
  })

  it('moves no cursor past a record that is not stored', async () => {
    const store = testStore()
    const chain = modelChain({ finalityDepth: 1n })
    await using s = await setup({ store, chain })
    const channel = testChannel()
    await s.watch(channel.signed(1n))
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putRecord')) throw failed
    }
    const before = await store.cursor(chain.ledgerId)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 40; block++) await s.mine()
    expect(await store.cursor(chain.ledgerId)).toBe(before)
    store.beforeCommit = () => {}
    await s.mine()
    await settle()
    expect((await store.load(channel.id))?.records[0]?.record?.version).toBe(1n)
    expect(await store.cursor(chain.ledgerId)).toBeGreaterThan(30n)
  })
})
