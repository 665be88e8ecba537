import { parseClientName, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { isPending } from '../../../../core/test/support/setup.ts'
import type { Connector } from '../../../src/adapter.ts'
import { memoryTransport, remoteWatcher } from '../../../src/index.ts'
import { encodeServerMessage } from '../../../src/internal.ts'
import { error } from '../../support/errors.ts'
import { manualClock, settle } from '../../support/manual-clock.ts'
import { script, welcome } from '../../support/scripted-watcher.ts'
import { watching } from '../../support/watching.ts'

describe('the connection to a remote watcher', () => {
  it('begins with a hello', async () => {
    await using s = script({ ledgerId: 'test:1', software: 'meter/1.0' })
    const peer = await s.accept()
    expect(await peer.expect('hello')).toEqual({
      type: 'hello',
      versions: [1],
      software: 'meter/1.0',
      ledgerId: 'test:1',
    })
    expect(s.watcher.status.connection).toBe('connecting')
    await peer.send(welcome)
    await s.watcher.connected()
    expect(s.watcher.status.connection).toBe('connected')
  })

  it.each([
    ['another version of the protocol', { version: 2 }, 'PROTOCOL_VERSION'],
    ['another ledger', { ledgerId: 'test:2' }, 'CHAIN_MISMATCH'],
  ])('ends for good with a watcher of %s', async (_, changes, code) => {
    await using s = script({ ledgerId: 'test:1' })
    const refusal = expect(s.watcher.startWatching(testChannel().signed(0n))).rejects.toMatchObject({ code })
    await s.greet(changes)
    await refusal
    await expect(s.watcher.connected()).rejects.toMatchObject({ code })
    expect(s.watcher.status).toMatchObject({ connection: 'closed', lastError: { code } })
    expect(s.clock.sleepers).toBe(0)
  })

  it('does not go on with a watcher that comes back with another ledger', async () => {
    await using s = script()
    await s.greet()
    s.cut()
    await s.clock.advance(200)
    const peer = await s.accept()
    expect((await peer.expect('hello')).ledgerId).toBe('test:1')
    await peer.send({ ...welcome, ledgerId: 'test:2' })
    await settle()
    await expect(s.watcher.connected()).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
  })

  it('is tried again after growing pauses, up to the longest', async () => {
    const attempts: number[] = []
    const clock = manualClock()
    const connect: Connector = async () => {
      attempts.push(clock.now())
      throw new WatcherError('CONNECTION_LOST', 'Nobody there.')
    }
    const reconnect = { firstDelayMs: 100, longestDelayMs: 800 }
    const watcher = remoteWatcher({ connect, clock, random: () => 1, reconnect })
    await clock.advance(3_200)
    expect(attempts).toEqual([0, 100, 300, 700, 1500, 2300, 3100])
    expect(watcher.status).toMatchObject({ connection: 'connecting', lastError: { code: 'CONNECTION_LOST' } })
    await watcher.shutdown()
    expect(clock.sleepers).toBe(0)
  })

  it('is made anew after the first pause again once it has lasted', async () => {
    const attempts: number[] = []
    const clock = manualClock()
    const transport = memoryTransport()
    const connect: Connector = async (options) => {
      attempts.push(clock.now())
      if (attempts.length < 3) throw new WatcherError('CONNECTION_LOST', 'Nobody there.')
      return await transport.connect(parseClientName('device'))(options)
    }
    const reconnect = { firstDelayMs: 100, longestDelayMs: 800 }
    const watcher = remoteWatcher({ connect, clock, random: () => 1, reconnect })
    await clock.advance(300)
    const { value: peer } = await transport.accepted[Symbol.asyncIterator]().next()
    await peer?.connection.send(encodeServerMessage(welcome))
    await watcher.connected()
    await clock.advance(10_000)
    transport.cut()
    await clock.advance(400)
    expect(attempts).toEqual([0, 100, 300, 10_400])
    await watcher.shutdown()
  })

  it('is given up where another attempt is useless, and says so to everybody who waits', async () => {
    const clock = manualClock()
    const connect: Connector = async () => {
      throw new WatcherError('PLAINTEXT_REFUSED', 'No keys.')
    }
    const watcher = remoteWatcher({ connect, clock, random: () => 0 })
    const useless = { code: 'PLAINTEXT_REFUSED' }
    await expect(watcher.startWatching(testChannel().signed(0n))).rejects.toMatchObject(useless)
    await expect(watcher.stopWatching(testChannel().id)).rejects.toMatchObject(useless)
    await expect(watcher.connected()).rejects.toMatchObject(useless)
    await watcher.shutdown()
    expect(clock.sleepers).toBe(0)
  })

  it('is given up when the watcher says goodbye for good; handles and publishes hear why', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    await s.peer.send({ type: 'goodbye', error: error('PROTOCOL_VERSION') })
    await expect(publishing).rejects.toMatchObject({ code: 'PROTOCOL_VERSION' })
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toMatchObject({ code: 'PROTOCOL_VERSION' })
    await expect(s.watch.statesPub.publish(s.channel.signed(2n))).rejects.toMatchObject({ code: 'PROTOCOL_VERSION' })
    expect(s.script.clock.sleepers).toBe(0)
  })

  it('is tried again as slowly as may be while the watcher refuses the client, and the log says what to do', async () => {
    const attempts: number[] = []
    const warnings: string[] = []
    const clock = manualClock()
    const connect: Connector = async () => {
      attempts.push(clock.now())
      throw new WatcherError('CONNECTION_REFUSED', 'The key is not allowed.')
    }
    const watcher = remoteWatcher({
      connect,
      clock,
      random: () => 1,
      reconnect: { firstDelayMs: 100, longestDelayMs: 800 },
      logger: { ...silentLogger, warn: (message, _fields, cause) => void warnings.push(`${message}: ${cause}`) },
    })
    await clock.advance(2_400)
    expect(attempts).toEqual([0, 800, 1600, 2400])
    expect(watcher.status).toMatchObject({ connection: 'connecting', lastError: { code: 'CONNECTION_REFUSED' } })
    expect(warnings).toHaveLength(attempts.length)
    for (const line of warnings) {
      expect(line).toMatch(/^The watcher refuses this client; tried again: .*The key is not allowed\./s)
      expect(line).toContain('What to do: Let the operator allow the public key of this client')
    }
    await watcher.shutdown()
    expect(clock.sleepers).toBe(0)
  })

  it('tells who asks whether it is there that the watcher refuses, and nobody else', async () => {
    await using s = script()
    s.refuse(error('CONNECTION_REFUSED'))
    const asking = expect(s.watcher.connected()).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
    const starting = s.watcher.startWatching(testChannel().signed(0n))
    const stopping = s.watcher.stopWatching(testChannel().id)
    await settle()
    await asking
    // Also who asks between two attempts.
    await expect(s.watcher.connected()).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
    expect(await isPending(starting)).toBe(true)
    expect(await isPending(stopping)).toBe(true)

    s.refuse(undefined)
    await s.clock.advance(30_000)
    const peer = await s.greet()
    await s.watcher.connected()
    expect(s.watcher.status).toMatchObject({ connection: 'connected', lastError: undefined })
    await peer.reply((await peer.expect('startWatching')).request, { type: 'started', version: 0n, receipt: undefined })
    await peer.reply((await peer.expect('stopWatching')).request, { type: 'stopped' })
    await Promise.all([starting, stopping])
  })

  it('is waited for by publishes when the watcher refuses a client that it knew, however it says so', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    s.script.refuse(error('CONNECTION_REFUSED'))
    await s.peer.send({ type: 'goodbye', error: error('CONNECTION_REFUSED') })
    await s.script.clock.advance(60_000)
    expect(s.script.watcher.status).toMatchObject({ pendingPublishes: 1, lastError: { code: 'CONNECTION_REFUSED' } })
    s.script.refuse(undefined)
    await s.script.clock.advance(30_000)
    const peer = await s.resume(0n)
    await peer.reply((await peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
  })

  it('is made again after a goodbye for now, not before the time that the watcher names', async () => {
    await using s = await watching()
    await s.peer.send({ type: 'goodbye', error: error('OVERLOADED', { retryAfterMs: 10_000 }) })
    await s.script.clock.advance(9_999)
    expect(s.script.watcher.status).toMatchObject({ connection: 'connecting', lastError: { code: 'OVERLOADED' } })
    await s.script.clock.advance(1)
    await s.resume(0n)
    expect(s.script.watcher.status).toMatchObject({ connection: 'connected', lastError: undefined })
  })

  it('is kept alive by pings, and given up when nothing comes back', async () => {
    await using s = await watching()
    await s.script.clock.advance(30_000)
    const { number } = await s.peer.expect('ping')
    await s.peer.send({ type: 'pong', number })
    await s.script.clock.advance(30_000)
    expect((await s.peer.expect('ping')).number).not.toBe(number)
    await s.script.clock.advance(29_999)
    expect(s.script.watcher.status.connection).toBe('connected')
    await s.script.clock.advance(1)
    expect(s.script.watcher.status).toMatchObject({ connection: 'connecting', lastError: { code: 'CONNECTION_LOST' } })
    await s.script.clock.advance(200)
    await s.resume(0n)
  })

  it('is given up at once by a machine that wakes up after a day', async () => {
    const clock = manualClock()
    let asleepMs = 0
    const now = (): number => clock.now() + asleepMs
    await using s = await watching({ clock: { now, sleep: clock.sleep } })
    asleepMs = 86_400_000
    await clock.advance(30_000)
    expect(await s.peer.rest()).toEqual([])
    expect(s.script.watcher.status.lastError?.details).toEqual(['This machine was asleep for about 86430 s.'])
    await clock.advance(200)
    await s.resume(0n)
  })

  it('is given up by a watcher that does not say welcome in time', async () => {
    await using s = script()
    await s.accept()
    await s.clock.advance(30_000)
    expect(s.watcher.status.lastError).toMatchObject({ code: 'CONNECTION_LOST' })
    await s.clock.advance(200)
    await s.greet()
    expect(s.watcher.status.connection).toBe('connected')
  })

  it.each([
    ['an answer that nobody waits for', { type: 'reply', request: 99n, result: { type: 'stopped' } } as const],
    ['a second welcome', welcome],
  ])('is made anew after %s', async (_, message) => {
    await using s = await watching()
    await s.peer.send(message)
    await s.script.clock.advance(200)
    expect(s.script.watcher.status.lastError?.code).toBe('PROTOCOL_VIOLATION')
    await s.resume(0n)
  })

  it('is made anew after bytes that are no message', async () => {
    await using s = await watching()
    await s.peer.connection.send(Uint8Array.of(0xff, 0xff))
    await s.script.clock.advance(200)
    expect(s.script.watcher.status.lastError?.code).toBe('PROTOCOL_VIOLATION')
    await s.resume(0n)
  })

  it('drops a connection that comes when nobody waits for it any more', async () => {
    const clock = manualClock()
    const transport = memoryTransport()
    const connect = transport.connect(parseClientName('device'))
    const late: (() => void)[] = []
    const slow: Connector = async (options) => {
      const { signal: _, ...rest } = options
      await new Promise<void>((resolve) => late.push(resolve))
      return connect(rest)
    }
    const watcher = remoteWatcher({ connect: slow, clock, random: () => 0 })
    await settle()
    await watcher.shutdown()
    for (const arrive of late) arrive()
    const next = await transport.accepted[Symbol.asyncIterator]().next()
    expect(await next.value?.connection.receive()).toBeUndefined()
    expect(clock.sleepers).toBe(0)
  })

  it('sends no more requests at a time than the watcher takes', async () => {
    await using s = script()
    const channels = [1, 2, 3].map(() => testChannel())
    const starting = channels.map((channel) => s.watcher.startWatching(channel.signed(0n)))
    const peer = await s.greet({ maxRequests: 2 })
    const [first, second] = [await peer.expect('startWatching'), await peer.expect('startWatching')]
    expect(await peer.rest()).toEqual([])
    await peer.reply(first.request, { type: 'started', version: 0n, receipt: undefined })
    const third = await peer.expect('startWatching')
    for (const { request } of [second, third]) {
      await peer.reply(request, { type: 'started', version: 0n, receipt: undefined })
    }
    await Promise.all(starting)
  })

  it('leaves room for publishes while stops wait for their disputes', async () => {
    await using s = await watching({}, { maxRequests: 2 })
    const others = [testChannel(), testChannel()]
    const stopping = others.map(({ id }) => s.script.watcher.stopWatching(id))
    const stop = await s.peer.expect('stopWatching')
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const { request } = await s.peer.expect('publish')
    await s.peer.reply(request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
    await s.peer.reply(stop.request, { type: 'stopped' })
    await s.peer.reply((await s.peer.expect('stopWatching')).request, { type: 'stopped' })
    await Promise.all(stopping)
  })
})

describe('the options of a remote watcher', () => {
  it.each([
    { eventLimit: 0 },
    { pendingLimit: 1.5 },
    { reconnect: { firstDelayMs: 0 } },
    { reconnect: { longestDelayMs: Number.NaN } },
    { software: 'métre' },
    { software: 'x'.repeat(101) },
    { ledgerId: 'x'.repeat(257) },
    { receipts: { key: new Uint8Array(31), onReceipt() {} } },
  ])('are refused at once where they make no sense: %j', (wrong) => {
    expect(() => script(wrong)).toThrowError(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('the shutdown of a remote watcher', () => {
  it('waits for what was published, then ends the handles and the connection', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const closing = s.script.watcher.shutdown()
    await expect(s.watch.statesPub.publish(s.channel.signed(2n))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    const { request } = await s.peer.expect('publish')
    expect(s.script.clock.sleepers).toBeGreaterThan(0)
    await s.peer.reply(request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
    await closing
    expect(await s.watch.eventsSub.next()).toBeUndefined()
    expect(s.watch.eventsSub.error).toBeUndefined()
    expect(s.script.watcher.status.connection).toBe('closed')
    expect(s.script.clock.sleepers).toBe(0)
  })

  it('ends with its signal, and rejects what is not acknowledged', async () => {
    await using s = await watching()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const starting = s.script.watcher.startWatching(testChannel().signed(0n))
    const caller = new AbortController()
    const closing = s.script.watcher.shutdown({ signal: caller.signal })
    caller.abort(new Error('enough'))
    const ends = await Promise.allSettled([publishing, starting])
    expect(ends.map((end) => end.status === 'rejected' && end.reason.code)).toEqual([
      'WATCHER_CLOSED',
      'WATCHER_CLOSED',
    ])
    await expect(closing).rejects.toThrow('enough')
    await expect(s.script.watcher.startWatching(s.channel.signed(0n))).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    await expect(s.script.watcher.connected()).rejects.toMatchObject({ code: 'WATCHER_CLOSED' })
    expect(s.script.clock.sleepers).toBe(0)
  })

  it('waits for a connection if there is something left to publish', async () => {
    await using s = await watching()
    s.script.cut()
    await settle()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const closing = s.script.watcher.shutdown()
    await s.script.clock.advance(200)
    const peer = await s.resume(0n)
    await peer.reply((await peer.expect('publish')).request, { type: 'published', version: 1n, receipt: undefined })
    await publishing
    await closing
    expect(s.script.clock.sleepers).toBe(0)
  })
})
