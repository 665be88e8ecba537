import { WatcherError } from '@perun-watcher/core'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { settle, setup } from '../../../../core/test/support/setup.ts'
import type { ServedEngine } from '../../../src/index.ts'
import { served } from '../../support/served.ts'

/** A promise that the test settles. */
function held(): { readonly promise: Promise<void>; readonly release: () => void } {
  let release = (): void => {}
  const promise = new Promise<void>((resolve) => {
    release = resolve
  })
  return { promise, release: () => release() }
}

/** An engine that tells how many of its watches are not detached. */
function attachedWatches({ engine }: Awaited<ReturnType<typeof setup>>): Pick<ServedEngine, 'startWatching'> & {
  readonly count: number
} {
  let count = 0
  return {
    get count() {
      return count
    },
    async startWatching(...start) {
      const watch = await engine.startWatching(...start)
      count += 1
      return {
        ...watch,
        detach() {
          count -= 1
          watch.detach()
        },
      }
    },
  }
}

const channel = testChannel()

describe('requests', () => {
  it('guard a channel, take newer states, and stop', async () => {
    await using s = await served()
    const client = await s.join()
    expect(await client.start(channel.signed(1n))).toEqual({ type: 'started', version: 1n, receipt: undefined })
    expect(await client.publish(channel.signed(4n))).toEqual({ type: 'published', version: 4n, receipt: undefined })
    expect(s.world.engine.channel(channel.id)).toMatchObject({ version: 4n, clients: ['alice'] })
    expect(await client.stop(channel)).toEqual({ type: 'stopped' })
    expect(await client.get('watchEnded')).toEqual({ type: 'watchEnded', watch: 1, error: undefined })
    expect(s.world.engine.channel(channel.id)).toBeUndefined()
    expect(s.server.stats).toMatchObject({ watches: 0, requests: 0, publishes: 1 })
  })

  it('may be sent all at once, the handshake included', async () => {
    await using s = await served()
    const client = await s.connect()
    await client.send({ type: 'hello', versions: [1], software: '', ledgerId: '' })
    const start = { type: 'startWatching', request: 1n, watch: 9, newest: channel.signed(1n) } as const
    await client.send({ ...start, parent: undefined, receipt: undefined })
    await client.send({ type: 'publish', request: 2n, watch: 9, transaction: channel.signed(2n) })
    expect(await client.answer(2n)).toMatchObject({ type: 'published', version: 2n })
    expect(await client.answer(1n)).toMatchObject({ type: 'started' })
  })

  it('are finished for a client that sends them and is gone', async () => {
    const world = await setup()
    const attached = attachedWatches(world)
    await using s = await served({ world, engineOverrides: { startWatching: attached.startWatching } })
    const client = await s.join()
    const start = { type: 'startWatching', request: 1n, watch: 9, newest: channel.signed(1n) } as const
    await client.send({ ...start, parent: undefined, receipt: undefined })
    await client.send({ type: 'publish', request: 2n, watch: 9, transaction: channel.signed(7n) })
    await client.connection[Symbol.asyncDispose]()
    await settle()
    expect(s.world.engine.channel(channel.id)).toMatchObject({ version: 7n, clients: ['alice'] })
    expect(s.server.stats).toMatchObject({ connections: 0, requests: 0 })
    // Its events wait for the next watch instead of going to one that nobody hears.
    expect(attached.count).toBe(0)
  })

  it('are refused with the code of the engine, and leave what was held', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(5n))
    expect(await client.publish(channel.signed(4n))).toMatchObject({ type: 'failed', error: { code: 'VERSION_STALE' } })
    expect(await client.publish(testChannel().signed(6n))).toMatchObject({ error: { code: 'CHANNEL_ID_MISMATCH' } })
    expect(await client.stop(testChannel())).toMatchObject({ error: { code: 'CHANNEL_UNKNOWN' } })
    expect(await client.publish(channel.signed(6n))).toMatchObject({ type: 'published' })
    expect(Object.fromEntries(s.server.stats.refusals)).toEqual({
      VERSION_STALE: 1,
      CHANNEL_ID_MISMATCH: 1,
      CHANNEL_UNKNOWN: 1,
    })
  })

  it('are answered when malformed, and the connection stays', async () => {
    await using s = await served()
    const client = await s.join()
    const { params, state, sigs } = channel.signed(1n)
    const odd = { params, state: { ...state, channelId: '0x01' as const }, sigs }
    await client.send({
      type: 'startWatching',
      request: 8n,
      watch: 1,
      newest: odd,
      parent: undefined,
      receipt: undefined,
    })
    expect(await client.answer(8n)).toMatchObject({ error: { code: 'STATE_MALFORMED' } })
    expect(await client.start(channel.signed(1n))).toMatchObject({ type: 'started' })
  })

  it('name a watch of this connection', async () => {
    await using s = await served()
    const client = await s.join()
    expect(await client.publish(channel.signed(1n), 5)).toMatchObject({ error: { code: 'WATCH_ENDED' } })
  })

  it('begin a watch below the channel that locks it', async () => {
    await using s = await served()
    const client = await s.join()
    const child = testChannel({ kind: 'sub', funds: 10n })
    await client.start(channel.signed(3n, { locks: [child] }))
    expect(await client.start(child.signed(0n), { watch: 2, parent: channel })).toMatchObject({ type: 'started' })
    expect(await client.stop(channel)).toMatchObject({ error: { code: 'SUB_CHANNELS_WATCHED' } })
  })

  it('are refused while too many wait, and taken again afterwards', async () => {
    const gate = held()
    await using s = await served({
      limits: { maxRequests: 2 },
      engineOverrides: { stopWatching: () => gate.promise },
    })
    const client = await s.join()
    for (const request of [1n, 2n, 3n]) await client.send({ type: 'stopWatching', request, channelId: channel.id })
    expect(await client.answer(3n)).toMatchObject({ error: { code: 'OVERLOADED', retryable: true } })
    expect(s.server.stats.requests).toBe(2)
    gate.release()
    expect(await client.answer(2n)).toEqual({ type: 'stopped' })
    expect(await client.stop(channel)).toEqual({ type: 'stopped' })
  })

  it('do not pile up over lost connections', async () => {
    const gate = held()
    const watch = { channelId: channel.id, acknowledge() {}, detach() {}, stop: async () => {} }
    await using s = await served({
      limits: { maxRequests: 2, maxConnectionsPerClient: 2 },
      engineOverrides: {
        startWatching: async () => ({ ...watch, publish: () => gate.promise, publishParsed: () => gate.promise }),
      },
    })
    for (let round = 0; round < 4; round++) {
      const client = await s.join()
      await client.start(channel.signed(1n)).catch(() => {})
      await client.send({ type: 'publish', request: 50n, watch: 1, transaction: channel.signed(2n) })
      await client.connection[Symbol.asyncDispose]()
      await settle()
    }
    expect(s.server.stats.requests).toBe(4)
    const late = await s.join()
    expect(await late.start(channel.signed(1n))).toMatchObject({ error: { code: 'OVERLOADED' } })
    const other = await s.join('bob')
    expect(await other.start(channel.signed(1n))).toMatchObject({ type: 'started' })
    gate.release()
    await settle()
    expect(s.server.stats.requests).toBe(0)
  })

  it('end the connection if their number waits for an answer already', async () => {
    const gate = held()
    await using s = await served({ engineOverrides: { stopWatching: () => gate.promise } })
    const client = await s.join()
    for (const request of [1n, 1n]) await client.send({ type: 'stopWatching', request, channelId: channel.id })
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'PROTOCOL_VIOLATION' } })
    gate.release()
  })

  it('end the connection if the number of their watch is in use', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(1n), { watch: 3 })
    const again = { type: 'startWatching', request: 70n, watch: 3, newest: testChannel().signed(1n) } as const
    await client.send({ ...again, parent: undefined, receipt: undefined })
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'PROTOCOL_VIOLATION' } })
  })

  it('may use the number of a watch again that was refused', async () => {
    await using s = await served()
    const client = await s.join()
    const child = testChannel({ kind: 'sub' })
    expect(await client.start(child.signed(1n), { watch: 3 })).toMatchObject({ error: { code: 'PARENT_REQUIRED' } })
    expect(await client.start(channel.signed(1n), { watch: 3 })).toMatchObject({ type: 'started' })
  })

  it('are refused above the number of watches that a connection may have', async () => {
    await using s = await served({ limits: { maxWatchesPerConnection: 1 } })
    const client = await s.join()
    await client.start(channel.signed(1n))
    expect(await client.start(testChannel().signed(1n), { watch: 2 })).toMatchObject({
      error: { code: 'QUOTA_EXCEEDED' },
    })
    expect(s.server.stats.watches).toBe(1)
  })

  it('may start the same channel as often as one likes: its last watch counts', async () => {
    const world = await setup()
    const attached = attachedWatches(world)
    await using s = await served({
      world,
      engineOverrides: { startWatching: attached.startWatching },
      limits: { maxWatchesPerConnection: 1 },
    })
    const client = await s.join()
    for (let watch = 1; watch <= 100; watch++) {
      expect(await client.start(channel.signed(1n), { watch })).toMatchObject({ type: 'started' })
    }
    expect(s.server.stats.watches).toBe(1)
    expect(attached.count).toBe(1)
    expect(await client.publish(channel.signed(2n), 100)).toMatchObject({ type: 'published' })
    expect(await client.start(testChannel().signed(1n), { watch: 101 })).toMatchObject({
      error: { code: 'QUOTA_EXCEEDED' },
    })
    await client.stop(channel)
    expect(s.server.stats.watches).toBe(0)
    expect(await client.start(channel.signed(1n), { watch: 102 })).toMatchObject({ type: 'started' })
  })

  it('may go to a watch whose place was taken, as long as the client may not know that', async () => {
    await using s = await served({ limits: { maxRequests: 2 } })
    const client = await s.join()
    for (const watch of [1, 2, 3, 4]) await client.start(channel.signed(1n), { watch })
    expect(await client.publish(channel.signed(2n), 3)).toMatchObject({ type: 'published' })
    expect(await client.publish(channel.signed(3n), 2)).toMatchObject({ type: 'published' })
    expect(await client.publish(channel.signed(4n), 1)).toMatchObject({ error: { code: 'WATCH_ENDED' } })
    expect(s.world.engine.channel(channel.id)).toMatchObject({ version: 3n })
  })

  it('come back with an older state than what is held, and learn its version', async () => {
    await using s = await served()
    const device = await s.join('device')
    await device.start(channel.signed(1n))
    const other = await s.join('other')
    await other.start(channel.signed(9n))
    s.transport.cut()
    const again = await s.join('device')
    expect(await again.start(channel.signed(1n))).toMatchObject({ type: 'started', version: 9n })
  })

  it('tell no stranger what is held for an old state', async () => {
    await using s = await served()
    const device = await s.join('device')
    await device.start(channel.signed(9n))
    const stranger = await s.join('stranger')
    expect(await stranger.start(channel.signed(1n))).toMatchObject({ error: { code: 'VERSION_STALE' } })
  })

  it('hide from clients what failed inside, and tell the log', async () => {
    await using s = await served({
      engineOverrides: { stopWatching: () => Promise.reject(new Error('password 1234')) },
    })
    const client = await s.join()
    const answer = await client.stop(channel)
    expect(answer).toMatchObject({ error: { code: 'SERVER_FAILED', retryable: true } })
    expect(JSON.stringify(answer)).not.toContain('1234')
    expect(s.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'Request failed' }))
  })

  it('that fail inside with a code tell that code, and none of the paths and addresses in its details', async () => {
    const failure = new WatcherError('STORE_FAILED', 'The store cannot be written.', { details: ['/srv/secret'] })
    await using s = await served({ engineOverrides: { stopWatching: () => Promise.reject(failure) } })
    const client = await s.join()
    const answer = await client.stop(channel)
    expect(answer).toMatchObject({ error: { code: 'STORE_FAILED', retryable: true, details: [] } })
  })

  it('answer a ping', async () => {
    await using s = await served()
    const client = await s.join()
    await client.send({ type: 'ping', number: 77n })
    expect(await client.next()).toEqual({ type: 'pong', number: 77n })
  })
})
