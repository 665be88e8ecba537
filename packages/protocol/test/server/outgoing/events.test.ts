import type { AdjudicatorEvent, SignedState } from '@perun-watcher/core'
import type { EventSink } from '@perun-watcher/core/adapter'
import { deferred } from '@perun-watcher/core/internal'
import { describeEvent, registers, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { fact } from '../../../../core/test/support/events.ts'
import { settle } from '../../../../core/test/support/setup.ts'
import { served } from '../../support/served.ts'
import type { WireClient } from '../../support/wire-client.ts'

const channel = testChannel()
const watch = { channelId: channel.id, acknowledge() {}, detach() {}, async publish() {}, async stop() {} }

/** An engine that hands out its sink, so that the test decides when which event comes. */
function scripted(): {
  readonly sinks: EventSink[]
  readonly acknowledged: bigint[]
  readonly overrides: { readonly engineOverrides: object }
} {
  const sinks: EventSink[] = []
  const acknowledged: bigint[] = []
  const startWatching = async ({ state }: SignedState, sink: EventSink): Promise<unknown> => {
    sinks.push(sink)
    return { ...watch, channelId: state.channelId, acknowledge: (sequence: bigint) => void acknowledged.push(sequence) }
  }
  return { sinks, acknowledged, overrides: { engineOverrides: { startWatching, channel: () => undefined } } }
}

async function told(client: WireClient, count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) texts.push(describeEvent((await client.get('event')).event))
  return texts
}

async function sequences(client: WireClient, count: number): Promise<bigint[]> {
  const all: bigint[] = []
  while (all.length < count) all.push((await client.get('event')).sequence)
  return all
}

describe('events', () => {
  it('tell what happens on the chain', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(1n))
    await client.publish(channel.signed(5n))
    await s.world.mine({ calls: [registers(channel.signed(1n))] })
    await s.world.mine()
    expect(await told(client, 3)).toEqual(['registered 1', 'registered 5', 'refuted 5'])
  })

  it('wait for a client that is away, and come again until it acknowledges them', async () => {
    await using s = await served()
    const device = testChannel()
    const first = await s.join()
    await first.start(device.signed(1n))
    s.transport.cut()
    await settle()
    expect(s.world.engine.channel(device.id)).toMatchObject({ clients: ['alice'] })
    await s.world.mine({ calls: [registers(device.signed(1n))] })

    const second = await s.join()
    await second.start(device.signed(1n))
    const event = await second.get('event')
    expect(describeEvent(event.event)).toBe('registered 1')
    s.transport.cut()

    const third = await s.join()
    await third.start(device.signed(1n), { watch: 7 })
    expect(await third.get('event')).toEqual({ ...event, watch: 7 })
    await third.send({ type: 'acknowledge', watch: 7, sequence: event.sequence })
    await settle()
    s.transport.cut()

    const fourth = await s.join()
    await fourth.start(device.signed(1n))
    // What stands on the chain is told to whoever comes back, as a new event.
    expect((await fourth.get('event')).sequence).toBeGreaterThan(event.sequence)
  })

  it('come after the answer that begins their watch', async () => {
    const script = scripted()
    const startWatching = async (_: unknown, sink: EventSink): Promise<unknown> => {
      sink.push(fact('registered', 1n), 1n)
      await settle()
      return watch
    }
    await using s = await served({ engineOverrides: { ...script.overrides, startWatching } as object })
    const client = await s.join()
    const start = { type: 'startWatching', request: 1n, watch: 1, newest: channel.signed(1n) } as const
    await client.send({ ...start, parent: undefined, receipt: undefined })
    expect([await client.next(), await client.next()]).toMatchObject([{ type: 'reply' }, { type: 'event' }])
  })

  it('are under way no further than the client has acknowledged', async () => {
    const script = scripted()
    await using s = await served({ ...script.overrides, limits: { eventWindow: 2 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    for (const version of [1n, 2n, 3n, 4n]) script.sinks[0]?.push(fact('registered', version), version)
    expect(await sequences(client, 2)).toEqual([1n, 2n])
    await client.send({ type: 'ping', number: 1n })
    expect(await client.next()).toMatchObject({ type: 'pong' })
    await client.send({ type: 'acknowledge', watch: 1, sequence: 1n })
    expect(await sequences(client, 1)).toEqual([3n])
    await client.send({ type: 'acknowledge', watch: 1, sequence: 3n })
    expect(await sequences(client, 1)).toEqual([4n])
    expect(script.acknowledged).toEqual([1n, 3n])
  })

  it('bring the state that was registered', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(1n))
    await client.publish(channel.signed(5n))
    await s.world.mine({ calls: [registers(channel.signed(1n))] })
    const { state, sigs } = channel.signed(1n)
    expect((await client.get('event')).event).toMatchObject({ type: 'registered', transaction: { state, sigs } })
  })

  it('stay in order, however long the state of one is sought, and none waits once the watch has ended', async () => {
    const script = scripted()
    const slow = deferred<AdjudicatorEvent>()
    const describe = (event: AdjudicatorEvent): Promise<AdjudicatorEvent> =>
      'version' in event && event.version === 2n ? slow.promise : Promise.resolve(event)
    await using s = await served({ engineOverrides: { ...script.overrides.engineOverrides, describe } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    for (const version of [1n, 2n, 3n]) script.sinks[0]?.push(fact('registered', version), version)
    expect(await sequences(client, 1)).toEqual([1n])
    await client.send({ type: 'ping', number: 1n })
    expect(await client.next()).toMatchObject({ type: 'pong' })
    const { state, sigs } = channel.signed(2n)
    slow.resolve({ ...fact('registered', 2n), transaction: { state, sigs } })
    expect((await client.get('event')).event).toMatchObject({ version: 2n, transaction: { state } })
    expect(await sequences(client, 1)).toEqual([3n])

    await client.start(testChannel().signed(1n), { watch: 2 })
    const never = fact('registered', 2n)
    script.sinks[1]?.push(never, 1n)
    script.sinks[1]?.end()
    expect(await sequences(client, 1)).toEqual([1n])
  })

  it('are described a few at a time, however many wait', async () => {
    const script = scripted()
    const asked: AdjudicatorEvent[] = []
    const describe = async (event: AdjudicatorEvent): Promise<AdjudicatorEvent> => {
      asked.push(event)
      return event
    }
    const engineOverrides = { ...script.overrides.engineOverrides, describe }
    await using s = await served({ engineOverrides, limits: { eventWindow: 1 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    for (let version = 1n; version <= 30n; version++) script.sinks[0]?.push(fact('registered', version), version)
    await settle()
    expect(await sequences(client, 1)).toEqual([1n])
    expect(asked.length).toBeLessThan(10)
    for (let version = 1n; version < 30n; version++) {
      await client.send({ type: 'acknowledge', watch: 1, sequence: version })
      expect(await sequences(client, 1)).toEqual([version + 1n])
    }
  })

  it('are not acknowledged before they are told, or on a watch that is not open', async () => {
    const script = scripted()
    await using s = await served(script.overrides)
    const client = await s.join()
    await client.start(channel.signed(1n))
    script.sinks[0]?.push(fact('registered', 1n), 5n)
    await client.get('event')
    await client.send({ type: 'acknowledge', watch: 1, sequence: 6n })
    await client.send({ type: 'acknowledge', watch: 2, sequence: 5n })
    await client.send({ type: 'ping', number: 1n })
    await client.get('pong')
    expect(script.acknowledged).toEqual([])
    expect(s.server.stats.acknowledgementsIgnored).toBe(2)
  })

  it('give way to newer ones of the same kind while the client does not keep up', async () => {
    const script = scripted()
    await using s = await served({ ...script.overrides, limits: { eventWindow: 1, eventLimit: 2 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    const [sink] = script.sinks
    sink?.push(fact('registered', 1n), 1n)
    await client.get('event')
    sink?.push(fact('concluded', 1n), 2n)
    for (let sequence = 3n; sequence < 1_000n; sequence++) sink?.push(fact('registered', sequence), sequence)
    await client.send({ type: 'acknowledge', watch: 1, sequence: 1n })
    expect(await sequences(client, 1)).toEqual([2n])
    await client.send({ type: 'acknowledge', watch: 1, sequence: 2n })
    expect(await sequences(client, 1)).toEqual([999n])
    expect(s.server.stats.eventsSuperseded).toBe(996)
  })

  it('do not hold up answers', async () => {
    const script = scripted()
    await using s = await served({ ...script.overrides, transport: { capacity: 1 }, limits: { eventWindow: 50 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    for (let sequence = 1n; sequence <= 50n; sequence++) script.sinks[0]?.push(fact('registered', sequence), sequence)
    await settle()
    await client.send({ type: 'ping', number: 1n })
    await settle()
    const kinds = [await client.next(), await client.next(), await client.next()].map((message) => message?.type)
    expect(kinds).toEqual(['event', 'event', 'pong'])
  })

  it('of one watch do not hold up those of another', async () => {
    const script = scripted()
    await using s = await served({ ...script.overrides, transport: { capacity: 1 }, limits: { eventWindow: 50 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    await client.start(testChannel().signed(1n), { watch: 2 })
    const [busy, quiet] = script.sinks
    for (let sequence = 1n; sequence <= 50n; sequence++) busy?.push(fact('registered', sequence), sequence)
    quiet?.push(fact('registered', 1n), 1n)
    const watches: number[] = []
    for (let count = 0; count < 6; count++) watches.push((await client.get('event')).watch)
    expect(watches).toContain(2)
  })

  it('go to every watch of a client, and a stop ends them all', async () => {
    await using s = await served()
    const shared = testChannel()
    const one = await s.join()
    const two = await s.join()
    await one.start(shared.signed(1n))
    await two.start(shared.signed(1n))
    await s.world.mine({ calls: [registers(shared.signed(1n))] })
    expect(await told(one, 1)).toEqual(['registered 1'])
    expect(await told(two, 1)).toEqual(['registered 1'])
    const stopping = one.stop(shared)
    await s.world.mine({ seconds: 10_000n })
    for (let block = 0; block < 5; block++) await s.world.mine()
    expect(await stopping).toEqual({ type: 'stopped' })
    expect(await one.get('watchEnded')).toMatchObject({ error: undefined })
    expect(await two.get('watchEnded')).toMatchObject({ error: undefined })
  })

  it('are told by the last watch of a channel in a connection, from what was not acknowledged on', async () => {
    await using s = await served({ limits: { eventWindow: 1 } })
    const device = testChannel()
    const client = await s.join()
    await client.start(device.signed(1n))
    await s.world.mine({ calls: [registers(device.signed(1n))] })
    const { event, sequence } = await client.get('event')
    await client.start(device.signed(1n), { watch: 2 })
    expect(await client.next()).toEqual({ type: 'event', watch: 2, sequence, ledgerId: 'model:1', event })
    await client.send({ type: 'acknowledge', watch: 1, sequence })
    await client.send({ type: 'acknowledge', watch: 2, sequence })
    expect(await client.next()).toMatchObject({ type: 'event', watch: 2, sequence: sequence + 1n })
    await s.world.engine.shutdown()
    await settle()
    await client.send({ type: 'ping', number: 1n })
    const watches = new Set<number>()
    for (let message = await client.next(); message?.type !== 'pong'; message = await client.next()) {
      if (message?.type === 'event' || message?.type === 'watchEnded') watches.add(message.watch)
    }
    expect([...watches]).toEqual([2])
  })

  it('of one client go on when another stops', async () => {
    await using s = await served()
    const shared = testChannel()
    const alice = await s.join('alice')
    const bob = await s.join('bob')
    await alice.start(shared.signed(1n))
    await bob.start(shared.signed(1n))
    await alice.stop(shared)
    await s.world.mine({ calls: [registers(shared.signed(1n))] })
    expect(await told(bob, 1)).toEqual(['registered 1'])
  })

  it('that are handled in one connection of a client do not come again in its next one', async () => {
    await using s = await served()
    const shared = testChannel()
    const one = await s.join()
    const two = await s.join()
    await one.start(shared.signed(1n))
    await two.start(shared.signed(1n))
    await s.world.mine({ calls: [registers(shared.signed(1n))] })
    const { sequence } = await one.get('event')
    await one.send({ type: 'acknowledge', watch: 1, sequence })
    await settle()
    s.transport.cut()
    const next = await s.join()
    await next.start(shared.signed(1n))
    expect((await next.get('event')).sequence).toBeGreaterThan(sequence)
  })

  it('end with an error that tells the client to come back when the engine goes first', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(testChannel().signed(1n))
    await s.world.engine.shutdown()
    expect(await client.get('watchEnded')).toMatchObject({ error: { code: 'CONNECTION_LOST', retryable: true } })
  })
})
