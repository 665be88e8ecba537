import { getEventListeners } from 'node:events'
import { WatcherError } from '@perun-watcher/core'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { isPending, settle } from '../../../../core/test/support/setup.ts'
import { served } from '../../support/served.ts'

const channel = testChannel()
const never = (): Promise<never> => new Promise(() => {})

describe('connections', () => {
  it('that are lost leave their channels guarded', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(3n))
    s.transport.cut()
    await settle()
    expect(s.server.stats).toMatchObject({ connections: 0, clients: 0, watches: 0 })
    expect(s.world.engine.channel(channel.id)).toMatchObject({ version: 3n, clients: ['alice'] })
    expect(s.world.engine.stats.mailboxes).toBe(0)
  })

  it('that are half open do not keep their client out', async () => {
    await using s = await served()
    const dead = await s.join()
    await dead.start(channel.signed(1n))
    const alive = await s.join()
    expect(await alive.start(channel.signed(2n))).toMatchObject({ type: 'started', version: 2n })
    expect(await alive.publish(channel.signed(3n))).toMatchObject({ type: 'published' })
  })

  it('of one client make room for a new one: the most silent goes', async () => {
    await using s = await served({ limits: { maxConnectionsPerClient: 2 } })
    const first = await s.join()
    await s.clock.advance(10)
    const second = await s.join()
    await s.clock.advance(10)
    await first.send({ type: 'ping', number: 1n })
    await first.get('pong')
    const bob = await s.join('bob')
    const third = await s.join()
    expect(await second.next()).toMatchObject({ type: 'goodbye', error: { code: 'OVERLOADED', retryable: true } })
    for (const alive of [first, third, bob]) {
      await alive.send({ type: 'ping', number: 2n })
      expect(await alive.next()).toMatchObject({ type: 'pong' })
    }
    expect(s.server.stats).toMatchObject({ connections: 3, clients: 2 })
  })

  it('are counted by the quota keeper; where it has no room the most silent one gives way', async () => {
    let counted = 0
    const admitConnection = (client: string): { release(): void } => {
      if (client === 'banned' || counted >= 2) throw new WatcherError('OVERLOADED', 'Enough.')
      counted += 1
      let isReleased = false
      return {
        release() {
          if (!isReleased) counted -= 1
          isReleased = true
        },
      }
    }
    await using s = await served({ admitConnection })
    const first = await s.join()
    await s.clock.advance(10)
    await s.join()
    const third = await s.join()
    expect(await first.next()).toMatchObject({ type: 'goodbye', error: { code: 'OVERLOADED' } })
    expect(await third.start(channel.signed(1n))).toMatchObject({ type: 'started' })
    const banned = await s.connect('banned')
    expect(await banned.next()).toMatchObject({ type: 'goodbye', error: { shortMessage: 'Enough.' } })
    expect(counted).toBe(2)
    s.transport.cut()
    await settle()
    expect(counted).toBe(0)
  })

  it('above the limit of the server are turned away', async () => {
    await using s = await served({ limits: { maxConnections: 1 } })
    await s.join('alice')
    const bob = await s.connect('bob')
    expect(await bob.next()).toMatchObject({ type: 'goodbye', error: { code: 'OVERLOADED' } })
    expect(await bob.next()).toBeUndefined()
    expect(s.server.stats).toMatchObject({ connections: 1, clients: 1 })
  })

  it('are ended when nothing comes for too long, and not before', async () => {
    await using s = await served({ limits: { idleTimeoutMs: 9_000 } })
    const client = await s.join()
    await s.clock.advance(6_000)
    await client.send({ type: 'ping', number: 1n })
    await client.get('pong')
    await s.clock.advance(6_000)
    expect(s.server.stats.connections).toBe(1)
    await s.clock.advance(6_000)
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'CONNECTION_LOST' } })
    expect(s.server.stats.connections).toBe(0)
  })

  it('whose client takes nothing are dropped, however much it sends', async () => {
    await using s = await served({ limits: { idleTimeoutMs: 9_000, maxRequests: 4 }, transport: { capacity: 2 } })
    const client = await s.join()
    let sent = 0
    const flood = (async () => {
      for (;;) {
        await client.send({ type: 'ping', number: 1n })
        sent += 1
      }
    })()
    const failed = expect(flood).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await settle()
    const taken = sent
    expect(taken).toBeLessThan(20)
    await s.clock.advance(12_000)
    await failed
    expect(s.server.stats.connections).toBe(0)
  })

  it('cost the server no timer while there is none', async () => {
    await using s = await served()
    await settle()
    expect(s.clock.sleepers).toBe(0)
    await s.join()
    await settle()
    expect(s.clock.sleepers).toBe(1)
  })
})

describe('closing', () => {
  it('says goodbye to everybody and leaves the channels guarded', async () => {
    await using s = await served()
    const client = await s.join()
    await client.start(channel.signed(1n))
    const closing = s.server.close()
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'CONNECTION_LOST', retryable: true } })
    await closing
    expect(s.server.stats.connections).toBe(0)
    expect(s.world.engine.channel(channel.id)).toMatchObject({ clients: ['alice'] })
  })

  it('finishes what was asked before, and takes nothing new', async () => {
    let release = (): void => {}
    const stopped = new Promise<void>((resolve) => {
      release = resolve
    })
    await using s = await served({ engineOverrides: { stopWatching: () => stopped } })
    const client = await s.join()
    await client.send({ type: 'stopWatching', request: 90n, channelId: channel.id })
    await settle()
    const closing = s.server.close()
    expect(await client.start(channel.signed(1n))).toMatchObject({
      error: { code: 'CONNECTION_LOST', retryable: true },
    })
    expect(await isPending(closing)).toBe(true)
    release()
    expect(await client.answer(90n)).toEqual({ type: 'stopped' })
    expect(await client.next()).toMatchObject({ type: 'goodbye' })
    await closing
  })

  it('waits no longer than the signal, and rejects with its reason', async () => {
    await using s = await served({ engineOverrides: { stopWatching: never } })
    const client = await s.join()
    await client.send({ type: 'stopWatching', request: 1n, channelId: channel.id })
    await settle()
    const controller = new AbortController()
    const closing = s.server.close({ signal: controller.signal })
    expect(await isPending(closing)).toBe(true)
    controller.abort(new Error('now'))
    await expect(closing).rejects.toThrow('now')
    expect(s.server.stats.connections).toBe(0)
  })

  it('is the same one when it is asked for again: a hurried one cuts nobody off who was to be waited for', async () => {
    let release = (): void => {}
    const stopped = new Promise<void>((resolve) => {
      release = resolve
    })
    await using s = await served({ engineOverrides: { stopWatching: () => stopped } })
    const client = await s.join()
    await client.send({ type: 'stopWatching', request: 90n, channelId: channel.id })
    await settle()
    const closing = s.server.close()
    const again = s.server.close({ signal: AbortSignal.abort() })
    expect(await isPending(again)).toBe(true)
    release()
    expect(await client.answer(90n)).toEqual({ type: 'stopped' })
    await Promise.all([closing, again])
  })

  it('leaves nothing on a signal that lives longer than it', async () => {
    await using s = await served()
    await s.join()
    const { signal } = new AbortController()
    await s.server.close({ signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('is not held up by a client that does not read its goodbye', async () => {
    await using s = await served({ transport: { capacity: 1 }, limits: { handshakeTimeoutMs: 1_000 } })
    const client = await s.connect()
    await client.send({ type: 'hello', versions: [1], software: '', ledgerId: '' })
    await settle()
    const closing = s.server.close()
    expect(await isPending(closing)).toBe(true)
    await s.clock.advance(2_000)
    await closing
  })

  it('turns away who comes later', async () => {
    await using s = await served()
    await s.server.close()
    const late = await s.connect()
    expect(await late.next()).toMatchObject({ type: 'goodbye', error: { code: 'CONNECTION_LOST', retryable: true } })
  })
})
