import { memoryStore, type Watch, type Watcher, type WatcherEngine } from '@perun-watcher/core'
import { eventQueue } from '@perun-watcher/core/adapter'
import { describeEvent, modelChain, registers, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { isPending, type Setup, settle, setup } from '../../core/test/support/setup.ts'
import { localWatcher } from '../src/index.ts'

/** A client on the engine of a setup. */
const client = (s: Setup, eventLimit?: number): Watcher => localWatcher(s.engine, { eventLimit })

/** Two clients on the engine of a setup. */
const twoClients = (s: Setup): readonly [Watcher, Watcher] => [
  localWatcher(s.engine, { client: 'one' }),
  localWatcher(s.engine, { client: 'two' }),
]

/** What waits for the reader, up to the end of the subscription or up to now. */
async function waitingIn({ eventsSub }: Watch): Promise<readonly string[]> {
  await settle()
  const told: string[] = []
  for (;;) {
    const controller = new AbortController()
    const next = eventsSub.next({ signal: controller.signal })
    if (await isPending(next)) {
      controller.abort()
      await next.catch(() => {})
      return told
    }
    const event = await next
    if (event === undefined) return told
    told.push(describeEvent(event))
  }
}

describe('a local watcher', () => {
  it('guards a channel: states in, events out', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const watch = await watcher.startWatching(channel.signed(0n))
    await watch.statesPub.publish(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(await waitingIn(watch)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })

  it('hands events to a loop that ends with the watch', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const { eventsSub } = await watcher.startWatching(channel.signed(5n))
    const told: string[] = []
    const reading = (async () => {
      for await (const event of eventsSub) told.push(describeEvent(event))
    })()
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await watcher.stopWatching(channel.id)
    await reading
    expect(told).toEqual(['registered 5'])
    expect(eventsSub.error).toBeUndefined()
  })

  it('passes refusals on with their codes', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    await expect(watcher.startWatching({ ...channel.signed(1n), sigs: [] })).rejects.toMatchObject({
      code: 'SIGNATURE_COUNT',
    })
    const { statesPub } = await watcher.startWatching(channel.signed(5n))
    await expect(statesPub.publish(channel.signed(4n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    const reason = new Error('no time')
    const late = statesPub.publish(channel.signed(6n), { signal: AbortSignal.abort(reason) })
    await expect(late).rejects.toBe(reason)
  })

  it('watches sub-channels below their parent', async () => {
    await using s = await setup()
    const watcher = client(s)
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await expect(watcher.startWatching(child.signed(1n))).rejects.toMatchObject({ code: 'PARENT_REQUIRED' })
    await watcher.startWatching(parent.signed(1n, { locks: [child] }))
    await watcher.startWatching(child.signed(1n), { parent: parent.id })
    await expect(watcher.stopWatching(parent.id)).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await watcher.stopWatching(child.id)
    await watcher.stopWatching(parent.id)
  })

  it('refuses an event limit that is no whole number of at least one', async () => {
    await using s = await setup()
    for (const eventLimit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => client(s, eventLimit)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
    client(s, 1)
  })

  it('refuses a client name that is none', async () => {
    await using s = await setup()
    for (const name of ['', 'two words', 'x'.repeat(129), 'é']) {
      expect(() => localWatcher(s.engine, { client: name })).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      )
    }
  })

  it('keeps the newest facts for a reader who is slow', async () => {
    await using s = await setup()
    const watcher = client(s, 3)
    const channel = testChannel()
    const watch = await watcher.startWatching(channel.signed(0n))
    for (let version = 1n; version < 9n; version += 2n) {
      await watch.statesPub.publish(channel.signed(version + 1n))
      await s.mine({ calls: [registers(channel.signed(version))] })
      await s.mine()
      if (version < 7n) await s.reorg(2)
    }
    expect(await waitingIn(watch)).toEqual(['removed registered 5', 'registered 8', 'refuted 8'])
  })

  it('rejects a start where the handles of the earlier one cannot be ended, and guards the channel all the same', async () => {
    await using s = await setup()
    const failure = new Error('the disk is full')
    let failures = 1
    const engine: WatcherEngine = {
      ...s.engine,
      async startWatching(...args) {
        const watch = await s.engine.startWatching(...args)
        const stop: typeof watch.stop = async (options) => {
          if (failures-- > 0) throw failure
          await watch.stop(options)
        }
        return { ...watch, stop }
      },
    }
    const watcher = localWatcher(engine)
    const channel = testChannel()
    await watcher.startWatching(channel.signed(1n))
    await expect(watcher.startWatching(channel.signed(2n))).rejects.toBe(failure)
    const watch = await watcher.startWatching(channel.signed(3n))
    await watch.statesPub.publish(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(await waitingIn(watch)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })

  it('tells 64 events to a reader who is slow where nothing else is asked for', async () => {
    await using s = await setup()
    const pushed: Parameters<WatcherEngine['startWatching']>[1][] = []
    const engine: WatcherEngine = {
      ...s.engine,
      startWatching(channel, sink, options) {
        pushed.push(sink)
        return s.engine.startWatching(channel, sink, options)
      },
    }
    const channel = testChannel()
    const watch = await localWatcher(engine).startWatching(channel.signed(0n))
    await s.mine({ calls: [registers(channel.signed(0n))] })
    const event = await watch.eventsSub.next()
    for (let time = 0; time < 100; time++) if (event !== undefined) pushed[0]?.push(event, 1n)
    expect(await waitingIn(watch)).toHaveLength(64)
  })
})

describe('events', () => {
  it('that were not handled when the process died are told again, handled ones are not', async () => {
    const here = { chain: modelChain(), store: memoryStore() }
    const channel = testChannel({ duration: 6000n })
    {
      await using s = await setup(here)
      const { eventsSub } = await client(s).startWatching(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      // The first is handled when the second is asked for; the second is in hand when everything ends.
      for (const type of ['registered', 'registered']) expect(await eventsSub.next()).toMatchObject({ type })
      await settle()
    }
    await using s = await setup(here)
    const watch = await client(s).startWatching(channel.signed(5n))
    expect((await waitingIn(watch)).slice(0, 2)).toEqual(['registered 5', 'refuted 5'])
  })

  it('are told to fresh handles where the old ones did not handle them', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel({ duration: 6000n })
    await watcher.startWatching(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    const again = await watcher.startWatching(channel.signed(5n))
    expect((await waitingIn(again)).slice(0, 3)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })
})

describe('the handles of a watch', () => {
  it('are closed one by one, and the channel stays guarded', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const { statesPub, eventsSub } = await watcher.startWatching(channel.signed(5n))
    await statesPub.close()
    await expect(statesPub.publish(channel.signed(6n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    await eventsSub.close()
    expect(await eventsSub.next()).toBeUndefined()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    await watcher.stopWatching(channel.id)
  })

  it('are fresh after a restart by the same client, and the old ones end', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const before = await watcher.startWatching(channel.signed(1n))
    const waiting = before.eventsSub.next()
    const again = await watcher.startWatching(channel.signed(2n))
    expect(await waiting).toBeUndefined()
    expect(before.eventsSub.error).toBeUndefined()
    await expect(before.statesPub.publish(channel.signed(3n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
    await again.statesPub.publish(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(await waitingIn(again)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
    await watcher.stopWatching(channel.id)
    expect(await s.store.load(channel.id)).toBeUndefined()
  })

  it('are fresh after a restart of a parent with watched sub-channels', async () => {
    await using s = await setup()
    const watcher = client(s)
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    await watcher.startWatching(parent.signed(1n, { locks: [child] }))
    await watcher.startWatching(child.signed(1n), { parent: parent.id })
    const again = await watcher.startWatching(parent.signed(1n, { locks: [child] }))
    await again.statesPub.publish(parent.signed(2n, { locks: [child] }))
  })

  it('stay as they are when a restart is refused', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const { statesPub } = await watcher.startWatching(channel.signed(5n))
    await expect(watcher.startWatching(channel.signed(4n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    await statesPub.publish(channel.signed(6n))
  })
})

describe('stopWatching', () => {
  it('knows only the channels of its own client', async () => {
    await using s = await setup()
    const [one, two] = twoClients(s)
    const channel = testChannel()
    await one.startWatching(channel.signed(1n))
    await expect(two.stopWatching(channel.id)).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
    await expect(one.stopWatching('0x12')).rejects.toMatchObject({ code: 'STATE_MALFORMED' })
    await one.stopWatching(channel.id)
    await expect(one.stopWatching(channel.id)).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
  })

  it('ends what the same client started before a restart, children first', async () => {
    const here = { chain: modelChain(), store: memoryStore() }
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    {
      await using s = await setup(here)
      const [watcher] = twoClients(s)
      await watcher.startWatching(parent.signed(1n, { locks: [child] }))
      await watcher.startWatching(child.signed(1n), { parent: parent.id })
    }
    await using s = await setup(here)
    const [watcher, other] = twoClients(s)
    await expect(other.stopWatching(child.id)).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
    await expect(watcher.stopWatching(parent.id)).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await watcher.stopWatching(child.id)
    await watcher.stopWatching(parent.id)
    expect(await here.store.load(parent.id)).toBeUndefined()
  })

  it('leaves the watch of another client', async () => {
    await using s = await setup()
    const [one, two] = twoClients(s)
    const channel = testChannel()
    const first = await one.startWatching(channel.signed(1n))
    const second = await two.startWatching(channel.signed(5n))
    await one.stopWatching(channel.id)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(await first.eventsSub.next()).toBeUndefined()
    expect(await waitingIn(second)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })

  it('keeps the watch when its signal ends the wait for a dispute', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const { statesPub } = await watcher.startWatching(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const reason = new Error('no time')
    await expect(watcher.stopWatching(channel.id, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await statesPub.publish(channel.signed(6n))
    await s.mine()
    const stopping = watcher.stopWatching(channel.id)
    // Somebody waits for it, so the improvement goes out at once.
    for (let block = 0; block < 3; block++) await s.mine()
    await stopping
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
  })
})

describe('the end of a local watcher', () => {
  it('ends every subscription without an error and refuses every later call', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const watch = await watcher.startWatching(channel.signed(1n))
    await watcher.shutdown()
    expect(await watch.eventsSub.next()).toBeUndefined()
    expect(watch.eventsSub.error).toBeUndefined()
    const closed = { code: 'WATCHER_CLOSED' }
    await expect(watch.statesPub.publish(channel.signed(2n))).rejects.toMatchObject(closed)
    await expect(watcher.startWatching(channel.signed(2n))).rejects.toMatchObject(closed)
    await expect(watcher.stopWatching(channel.id)).rejects.toMatchObject(closed)
    await watcher.shutdown()
  })

  it('comes with the end of its block', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await (async () => {
      await using watcher = client(s)
      return await watcher.startWatching(channel.signed(1n))
    })()
    await expect(watch.statesPub.publish(channel.signed(2n))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
  })

  it('lets what waits be read', async () => {
    await using s = await setup()
    const watcher = client(s)
    const channel = testChannel()
    const watch = await watcher.startWatching(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watcher.shutdown()
    expect(await waitingIn(watch)).toEqual(['registered 1'])
  })

  it('with an error reaches the reader: every handle says so', async () => {
    const queue = eventQueue(4)
    const reason = new Error('the store is gone')
    const engine: Pick<WatcherEngine, 'startWatching'> = {
      async startWatching(_, sink) {
        sink.end(reason)
        const publish = async () => {}
        const inert = { publish, publishParsed: publish, acknowledge() {}, stop: async () => {}, detach() {} }
        return { channelId: testChannel().id, ...inert }
      },
    }
    await using s = await setup()
    const { eventsSub } = await localWatcher({ ...s.engine, ...engine }).startWatching(testChannel().signed(1n))
    await expect(
      (async () => {
        for await (const event of eventsSub) queue.push(event, 1n)
      })(),
    ).rejects.toBe(reason)
    expect(eventsSub.error).toBe(reason)
  })
})
