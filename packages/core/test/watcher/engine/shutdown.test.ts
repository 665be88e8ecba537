import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, ChainStep } from '../../../src/adapter.ts'
import { memoryStore, parseClientName, parseLedgerId, type WatcherEngine, watcherEngine } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { eagerClock, isPending, settle, setup, stillClock, testClock } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const sink = { push() {}, end() {} }

describe('a shutdown', () => {
  it('finishes the disputes in flight, then ends every subscription without an error', async () => {
    await using s = await setup()
    const [disputed, quiet] = [testChannel(), testChannel()]
    const one = await s.watch(disputed.signed(5n))
    const two = await s.watch(quiet.signed(1n))
    await s.mine({ calls: [registers(disputed.signed(1n))] })
    const closing = s.engine.shutdown()
    expect(await isPending(closing)).toBe(true)
    expect([one.end, two.end]).toEqual([undefined, undefined])
    await s.mine()
    await closing
    expect(s.chain.dispute(disputed.id)?.version).toBe(5n)
    expect(one.told).toContain('refuted 5')
    expect([one.end, two.end]).toEqual([{ error: undefined }, { error: undefined }])
  })

  it('accepts no watch that was still waiting for its turn when it began', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock })
    const channel = testChannel()
    let release = (): void => {}
    store.beforeCommit = () =>
      new Promise((resolve) => {
        release = resolve
      })
    const first = s.watch(channel.signed(1n))
    await settle()
    const second = s.watch(channel.signed(1n), undefined, 'other').catch((error: unknown) => error)
    await settle()
    const closing = s.engine.shutdown()
    store.beforeCommit = () => {}
    release()
    expect(await second).toMatchObject({ code: 'WATCHER_CLOSED' })
    await first.catch(() => {})
    await closing
    expect(store.commits.flat().filter(({ type }) => type === 'createChannel' || type === 'putLinks')).toHaveLength(1)
  })

  it('stores at its end what an absent client would never hear otherwise', async () => {
    const inner = memoryStore()
    const store = testStore({ ...inner, close: () => Promise.resolve() })
    const s = await setup({ store })
    const channel = testChannel()
    await s.watch(channel.signed(1n))
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putMailbox')) throw new Error('The disk is full.')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    // Only the last try of all finds room again.
    s.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
    store.beforeCommit = () => {}
    await s.engine.shutdown().catch(() => {})
    const mailbox = await inner.mailbox(channel.id, parseClientName('local'))
    expect(mailbox?.events.map(({ event }) => event.type)).toContain('registered')
  })

  it('can be bounded: then it ends with the reason, and nothing keeps running', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let attempts = 0
    s.chain.faults.send = () => {
      attempts += 1
      throw new Error('connection refused')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const reason = new Error('no time')
    const controller = new AbortController()
    const closing = s.engine.shutdown({ signal: controller.signal })
    await settle()
    controller.abort(reason)
    await expect(closing).rejects.toBe(reason)
    expect(watch.end).toBeDefined()
    const before = attempts
    await settle()
    expect(attempts).toBe(before)
  })

  it('answers every later call with WATCHER_CLOSED and forgets nothing', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.engine.shutdown()
    const closed = { code: 'WATCHER_CLOSED' }
    await expect(watch.publish(channel.signed(6n))).rejects.toMatchObject(closed)
    await expect(watch.stop()).rejects.toMatchObject(closed)
    await expect(s.watch(testChannel().signed(1n))).rejects.toMatchObject(closed)
    await expect(s.engine.start()).rejects.toMatchObject(closed)
    expect(await s.store.load(channel.id)).toMatchObject({ clients: ['local'] })
  })

  it('takes nothing new while it waits', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const closing = s.engine.shutdown()
    await expect(watch.publish(channel.signed(6n))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await expect(s.watch(testChannel().signed(1n))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await s.mine()
    await closing
  })

  it('waits for what is being written: an acknowledgement is never a lie', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    const publishing = watch.publish(channel.signed(2n))
    await s.engine.shutdown()
    await publishing
    expect((await s.store.load(channel.id))?.newest.state.version).toBe(2n)
  })

  it('that may wait no longer still closes no store under what is being written', async () => {
    const inner = memoryStore()
    const order: string[] = []
    const store = testStore({
      ...inner,
      async close() {
        order.push('closed')
        await inner.close()
      },
    })
    await using s = await setup({ store, clock: stillClock })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = () => held
    store.afterCommit = () => void order.push('written')
    const publishing = watch.publish(channel.signed(2n))
    await settle()
    const closing = s.engine.shutdown({ signal: AbortSignal.abort('no time') })
    expect(await isPending(closing.catch(() => {}))).toBe(true)
    release()
    await publishing
    await expect(closing).rejects.toBe('no time')
    expect(order).toEqual(['written', 'closed'])
  })

  it('waits for the cursor that is being written: no store is closed under a write', async () => {
    const store = testStore()
    await using s = await setup({ store, clock: stillClock, chain: modelChain({ finalityDepth: 1n }) })
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.beforeCommit = (changes) => (changes.some(({ type }) => type === 'putCursor') ? held : undefined)
    for (let block = 0; block < 40; block++) await s.mine()
    const closing = s.engine.shutdown()
    expect(await isPending(closing)).toBe(true)
    release()
    await closing
    expect(await store.cursor(s.chain.ledgerId)).toBeGreaterThan(0n)
  })

  it('takes no longer than one call may, however slowly each is answered', async () => {
    const store = testStore()
    let slowly = async (): Promise<void> => {}
    await using s = await setup({ store, chainOverrides: { close: () => slowly() } })
    const [root, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
    await s.watch(root.signed(1n, { locks: [sub] }))
    const watch = await s.watch(sub.signed(1n), root)
    slowly = () => s.clock.sleep(17_000)
    store.beforeCommit = slowly
    // One write after the other: each is answered in time, and all of them together are not.
    const publishing = [2n, 3n, 4n].map((version) => watch.publish(sub.signed(version)).catch(() => {}))
    await settle()
    const began = s.clock.now()
    let endedMs = Number.POSITIVE_INFINITY
    const closing = s.engine
      .shutdown({ signal: AbortSignal.abort('no time') })
      .catch(() => {})
      .finally(() => {
        endedMs = s.clock.now() - began
      })
    for (let second = 0; second < 90; second++) await s.clock.pass(1_000)
    await Promise.all([closing, ...publishing])
    expect(endedMs).toBeLessThanOrEqual(30_000)
  })

  it('is the same one when it is asked for again', async () => {
    await using s = await setup()
    const first = s.engine.shutdown()
    expect(s.engine.shutdown({ signal: AbortSignal.abort() })).toBe(first)
    expect(s.engine[Symbol.asyncDispose]()).toBe(first)
    await first
    expect(s.engine.shutdown()).toBe(first)
  })

  it('closes the ledger and the store, once', async () => {
    const closed: string[] = []
    const store = { ...memoryStore(), close: async () => void closed.push('store') }
    await using s = await setup({ store, chainOverrides: { close: async () => void closed.push('chain') } })
    await s.engine.shutdown()
    await s.engine.shutdown()
    expect(closed).toEqual(['chain', 'store'])
  })

  it('ends a start that is under way', async () => {
    const engine = watcherEngine({
      chain: {
        ...modelChain(),
        start: ({ signal } = {}) =>
          new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      },
      store: memoryStore(),
      clock: eagerClock,
      random: () => 0.5,
    })
    const starting = engine.start()
    await settle()
    await engine.shutdown()
    await expect(starting).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
  })
})

describe('a start', () => {
  const engineOf = (chain = modelChain(), store = memoryStore()) =>
    watcherEngine({ chain, store, clock: eagerClock, random: () => 0.5 })

  it('comes first', async () => {
    const engine = engineOf()
    const start = engine.startWatching(testChannel().signed(1n), sink)
    await expect(start).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await engine.shutdown()
  })

  it('happens once', async () => {
    const engine = engineOf()
    await engine.start()
    await expect(engine.start()).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await engine.shutdown()
  })

  it('fails with what failed, and closes what was opened', async () => {
    const closed: string[] = []
    const reason = new Error('wrong chain id')
    const chain = {
      ...modelChain(),
      start: async () => Promise.reject(reason),
      close: async () => void closed.push('chain'),
    }
    const store = { ...memoryStore(), close: async () => void closed.push('store') }
    const engine = watcherEngine({ chain, store, clock: eagerClock, random: () => 0.5 })
    await expect(engine.start()).rejects.toBe(reason)
    expect(closed).toEqual(['chain', 'store'])
    await expect(engine.startWatching(testChannel().signed(1n), sink)).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
  })

  it('refuses a store of another ledger before it touches the chain', async () => {
    const store = memoryStore()
    const another = parseLedgerId('another:1')
    await store.open([another])
    await store.bind(another)
    let isStarted = false
    const chain = {
      ...modelChain(),
      async start() {
        isStarted = true
      },
    }
    const engine = watcherEngine({ chain, store, clock: eagerClock, random: () => 0.5 })
    await expect(engine.start()).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
    expect(isStarted).toBe(false)
  })

  it('can be bounded', async () => {
    const chain = modelChain()
    // A ledger whose history takes for ever to read.
    const subscribe = (options: { readonly fromBlock: bigint | undefined }): AdjudicatorSubscription => {
      const subscription = chain.subscribe(options)
      async function* steps(): AsyncGenerator<ChainStep> {
        for await (const step of subscription) yield step.type === 'block' ? { ...step, isCurrent: false } : step
      }
      return { ...subscription, [Symbol.asyncIterator]: steps }
    }
    const deps = { chain: { ...chain, subscribe }, store: memoryStore(), clock: stillClock, random: () => 0.5 }
    const controller = new AbortController()
    const reason = new Error('no time')
    const starting = watcherEngine(deps).start({ signal: controller.signal })
    expect(await isPending(starting)).toBe(true)
    controller.abort(reason)
    await expect(starting).rejects.toBe(reason)
  })

  /** What a ledger's stream may do at a start, and for as long as it likes. */
  const troubles: Readonly<Record<string, (inner: AsyncIterable<ChainStep>) => AsyncGenerator<ChainStep>>> = {
    // biome-ignore lint/correctness/useYield: it has nothing to say until it is closed
    async *'says nothing'(inner) {
      for await (const step of inner) if (step.type !== 'block') continue
    },
    async *'is behind'(inner) {
      for await (const step of inner) yield step.type === 'block' ? { ...step, isCurrent: false } : step
    },
    // biome-ignore lint/correctness/useYield: it fails before it has anything to say
    async *'fails again and again'() {
      throw new Error('connection refused')
    },
  }

  it.each(Object.keys(troubles))(
    'accepts clients after a minute where the stream %s, and defends them',
    async (trouble) => {
      const [chain, store, clock] = [modelChain(), memoryStore(), testClock()]
      let isOver = false
      const subscribe = (options: { readonly fromBlock: bigint | undefined }): AdjudicatorSubscription => {
        const subscription = chain.subscribe(options)
        const steps = isOver ? undefined : troubles[trouble]?.(subscription)
        return steps === undefined ? subscription : { ...subscription, [Symbol.asyncIterator]: () => steps }
      }
      await using engine = watcherEngine({ chain: { ...chain, subscribe }, store, clock, random: () => 0.5 })
      const starting = engine.start()
      await settle()
      await clock.pass(55_000)
      expect(await isPending(starting)).toBe(true)
      await clock.pass(10_000)
      await starting
      const channel = testChannel()
      const watch = await engine.startWatching(channel.signed(1n), sink)
      await watch.publish(channel.signed(5n))
      expect((await store.load(channel.id))?.newest.state.version).toBe(5n)
      isOver = true
      chain.mine({ calls: [registers(channel.signed(1n))] })
      for (let block = 0; block < 6; block++) {
        await clock.pass(20_000)
        await settle()
        chain.mine()
        await settle()
      }
      // A stream that fails is opened again; of one that says nothing the backend has to notice it.
      if (trouble !== 'says nothing') expect(chain.dispute(channel.id)?.version).toBe(5n)
    },
  )

  /** An engine at whose start something happens once it has caught up, before anybody else has a turn. */
  function engineThat(happens: () => void): WatcherEngine {
    const chain = modelChain()
    const subscribe = (options: { readonly fromBlock: bigint | undefined }): AdjudicatorSubscription => {
      const subscription = chain.subscribe(options)
      function steps(): AsyncIterator<ChainStep> {
        const inner = subscription[Symbol.asyncIterator]()
        let asked = 0
        return {
          next() {
            // The first step brings it up to date, and the next one is asked for at once.
            if (++asked === 2) happens()
            return inner.next()
          },
        }
      }
      return { ...subscription, [Symbol.asyncIterator]: steps }
    }
    return engineOf({ ...chain, subscribe })
  }

  it('that is given up at the very moment at which it has caught up has failed', async () => {
    const controller = new AbortController()
    const reason = new Error('no time')
    const engine = engineThat(() => controller.abort(reason))
    await expect(engine.start({ signal: controller.signal })).rejects.toBe(reason)
    await expect(engine.startWatching(testChannel().signed(1n), sink)).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
  })

  it('never opens an engine whose shutdown has begun', async () => {
    let closing: Promise<void> | undefined
    const engine = engineThat(() => {
      closing = engine.shutdown()
    })
    await expect(engine.start()).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await closing
  })
})
