import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { manualClock } from '../../protocol/test/support/manual-clock.ts'
import { generateTlsKeys } from '../src/index.ts'
import { parseAddress } from '../src/settings/address.ts'
import { connectPath } from '../src/stream/method.ts'
import { costOf } from '../src/stream/stream-connection.ts'
import { callOf, flag, frame, kind, rawSession } from './support/frames.ts'
import { type Target, tcpProxy } from './support/proxy.ts'
import { callWatcher, dial, openedStranger, pair, serve, stranger, talk } from './support/world.ts'

/** The default of one second is little on a busy machine. */
const patience = { timeout: 60_000 }
const plain = { plaintext: 'loopback' } as const

/** What anybody may call. */
const anonymousPaths = [
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
] as const

/** A socket on which nothing is said; closed at the end of the test. */
async function idle(address: string): Promise<Socket> {
  const socket = connect(parseAddress(address))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const closed = (socket: Socket): Promise<unknown> => {
  socket.resume()
  return socket.closed ? Promise.resolve() : once(socket, 'close')
}

describe('a peer', () => {
  it('whose message is too long is cut off before it is kept, and the others go on', async () => {
    const world = await serve({ limits: { maxMessageBytes: 4096 } })
    const honest = await pair(world)
    for (const length of [4097, 1_000_000]) {
      const { call, ended, server } = await openedStranger(world)
      call.write(Buffer.alloc(length))
      expect(await ended).toMatchObject({ code: 8 })
      await expect(server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    }
    await talk(honest)
  })

  it.each([connectPath, ...anonymousPaths])('that compresses what it sends costs nothing: %s', async (path) => {
    const world = await serve({ security: plain })
    const session = connectHttp2(`http://${world.address}`)
    onTestFinished(() => void session.destroy())
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      'grpc-encoding': 'gzip',
      te: 'trailers',
      'perun-watcher-client': 'bomber',
    })
    stream.on('error', () => {})
    const answered = once(stream, 'response')
    const [{ 'grpc-status': status }] = await answered
    expect(status).toBe('12')
    expect(world.server.stats).toMatchObject({ accepted: 0, anonymousCalls: 0, bufferedBytes: 0 })
  })

  it.each([connectPath, ...anonymousPaths])('that sends a message byte by byte is cut off: %s', async (path) => {
    const world = await serve({ security: plain })
    const honest = await pair(world, { security: { ...plain, client: 'honest' } })
    const socket = await rawSession(world.address)
    const opening = frame(kind.headers, flag.endHeaders, 1, callOf(path, { 'perun-watcher-client': 'dripping' }))
    const head = frame(kind.data, 0, 1, Buffer.of(0, 0, 0, 4, 0))
    const drips = Array.from({ length: 1000 }, () => frame(kind.data, 0, 1, Buffer.of(0)))
    socket.write(Buffer.concat([opening, head, ...drips]))
    await closed(socket)
    expect(world.server.stats.refused).toEqual({ PROTOCOL_VIOLATION: 1 })
    await expect.poll(() => world.server.stats, patience).toMatchObject({ anonymousCalls: 0, connections: 1 })
    await talk(honest)
  })

  it('may send many small messages, and a long one in pieces', async () => {
    const world = await serve({ security: plain })
    const socket = await rawSession(world.address)
    socket.write(frame(kind.headers, flag.endHeaders, 1, callOf(connectPath, { 'perun-watcher-client': 'slow' })))
    const { connection } = await world.accepted()
    for (let number = 0; number < 1000; number++) socket.write(frame(kind.data, 0, 1, Buffer.of(0, 0, 0, 0, 1, 7)))
    for (let number = 0; number < 1000; number++) expect(await connection.receive()).toEqual(Buffer.of(7))
    const pieces = Array.from({ length: 60 }, () => frame(kind.data, 0, 1, Buffer.alloc(1024)))
    socket.write(Buffer.concat([frame(kind.data, 0, 1, Buffer.of(0, 0, 0, 0xf0, 0)), ...pieces]))
    expect(await connection.receive()).toHaveLength(60 * 1024)
  })

  it('that opens a second connection on its socket is told to use another channel', async () => {
    const world = await serve()
    const client = stranger(world.address, generateTlsKeys())
    const first = callWatcher(client)
    await Promise.all([world.accepted(), once(first.call, 'metadata')])
    const { code, metadata } = await callWatcher(client).ended
    expect([code, metadata.get('perun-watcher-error')]).toEqual([8, ['OVERLOADED']])
    first.call.end()
    first.call.resume()
    await first.ended
    const again = callWatcher(client)
    await Promise.all([world.accepted(), once(again.call, 'metadata')])
  })

  it('that floods while nobody reads is held back by gRPC, and costs no more than is allowed', async () => {
    const world = await serve()
    const { call } = await openedStranger(world)
    const honest = await pair(world)
    // Written at once: all that flow control lets through comes.
    for (let number = 0; number < 200; number++) call.write(Buffer.alloc(defaultMaxMessageBytes))
    await expect.poll(() => world.server.stats.bufferedBytes, patience).toBeGreaterThan(0)
    await talk(honest)
    expect(world.server.stats.bufferedBytes).toBeLessThanOrEqual(65_536 + costOf(Buffer.alloc(defaultMaxMessageBytes)))
  })

  it('can send what it likes: the others do not notice', async () => {
    const world = await serve()
    const honest = await pair(world)
    // The first bytes of TLS and of HTTP/2, so that some get past the first check.
    const starts = ['', '16030100', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')]
    const openings = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }))
    await fc.assert(
      fc.asyncProperty(openings, async ([start, bytes]) => {
        const socket = await idle(world.address)
        socket.end(Buffer.concat([Buffer.from(start, 'hex'), bytes]))
        await closed(socket)
        await talk(honest)
      }),
      { numRuns: 40 },
    )
    expect(world.server.stats).toMatchObject({ connections: 1, accepted: 1 })
  })

  it('whose headers gRPC refuses prints nothing past our log', async () => {
    const printed = vi.spyOn(console, 'error')
    onTestFinished(() => printed.mockRestore())
    const world = await serve({ security: plain })
    const socket = await rawSession(world.address)
    const headers = { authorization: 'Bearer secret\u0080', 'x!': 'y', 'perun-watcher-client': 'noisy' }
    socket.write(frame(kind.headers, flag.endHeaders, 1, callOf(connectPath, headers)))
    await world.accepted()
    expect(printed).not.toHaveBeenCalled()
  })

  it('that claims a nonsensical limit is sent what everybody takes', async () => {
    const world = await serve()
    for (const value of ['0', '-1', 'x', '99999999999', '1e9']) {
      const { call } = callWatcher(stranger(world.address, generateTlsKeys()), {
        'perun-watcher-max-message-bytes': value,
      })
      const [{ connection }] = await Promise.all([world.accepted(), once(call, 'metadata')])
      await expect(connection.send(Buffer.alloc(defaultMaxMessageBytes + 1))).rejects.toMatchObject({
        code: 'MESSAGE_TOO_LARGE',
      })
    }
  })
})

describe('a line that is dead without being closed', () => {
  it('is noticed by both sides', async () => {
    const limits = { heartbeatMs: 100 }
    const world = await serve({ limits })
    let target: Target | undefined = parseAddress(world.address)
    await using line = await tcpProxy(() => target)
    const address = `127.0.0.1:${line.port}`
    const { client, server } = await pair({ ...world, address }, { limits })
    await talk({ client, server })
    target = undefined
    line.freeze()
    await expect(client.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    await expect(server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(world.server.stats.connections).toBe(0)
  })
})

describe('limits', () => {
  it('end a socket on which no connection is opened in time, and none of those that are open', async () => {
    const clock = manualClock()
    const world = await serve({ clock, limits: { openTimeoutMs: 10_000 } })
    const open = await pair(world)
    const socket = await idle(world.address)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(1)
    await clock.advance(5_000)
    expect(world.server.stats.unopened).toBe(1)
    await clock.advance(10_000)
    await closed(socket)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(0)
    await talk(open)
  })

  it('end a connection on which the client says nothing for too long, and no other', async () => {
    const clock = manualClock()
    const world = await serve({ clock, limits: { idleTimeoutMs: 60_000 } })
    const [silent, busy] = [await pair(world), await pair(world)]
    await clock.advance(40_000)
    await talk(busy)
    await clock.advance(40_000)
    await expect(silent.client.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    await talk(busy)
  })

  it('let the oldest give way when too many do not open', async () => {
    const world = await serve({ limits: { maxUnopened: 2 } })
    const first = await idle(world.address)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(1)
    await idle(world.address)
    await idle(world.address)
    await closed(first)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(2)
    await talk(await pair(world))
  })

  it('bound the sockets of one address before anything is read of them', async () => {
    const world = await serve({ limits: { maxConnectionsPerAddress: 2 } })
    const [first, second] = [await pair(world), await idle(world.address)]
    await expect.poll(() => world.server.stats.unopened, patience).toBe(1)
    await closed(await idle(world.address))
    await expect(dial(world.address)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(world.server.stats.turnedAway).toBe(2)
    second.destroy()
    await expect.poll(() => world.server.stats.unopened, patience).toBe(0)
    await talk(await pair(world))
    await talk(first)
  })

  it('bound the connections of one client, and give room again', async () => {
    const world = await serve({ limits: { maxConnectionsPerClient: 2 } })
    const keys = generateTlsKeys()
    const [first] = [await pair(world, { keys }), await pair(world, { keys })]
    await expect(dial(world.address, { keys })).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    await talk(await pair(world))
    await first.client[Symbol.asyncDispose]()
    await first.server.receive()
    await talk(await pair(world, { keys }))
  })

  it('bound the connections of all clients', async () => {
    const world = await serve({ limits: { maxConnections: 2 } })
    await pair(world)
    await pair(world)
    await expect(dial(world.address)).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  it('bound what waits of all connections together: the one that sends more is ended', async () => {
    const world = await serve({ limits: { maxBufferedBytes: 300_000 } })
    const [first, second] = [await pair(world), await pair(world)]
    const message = Buffer.alloc(200_000)
    await first.client.send(message)
    await expect.poll(() => world.server.stats.bufferedBytes, patience).toBe(costOf(message))
    await second.client.send(message)
    await expect(second.client.receive()).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    expect(await first.server.receive()).toHaveLength(200_000)
    // What the ended one had sent can still be read, or is given up.
    await second.server[Symbol.asyncDispose]()
    expect(world.server.stats.bufferedBytes).toBe(0)
    await talk(first)
  })

  it('hold back a connection that sends more than its rate, and lose nothing', async () => {
    const clock = manualClock()
    const world = await serve({ clock, limits: { messagesPerSecond: 10 } })
    const { client, server } = await pair(world)
    const total = 30
    for (let number = 0; number < total; number++) await client.send(Uint8Array.of(number))
    // All of them have come.
    await expect.poll(() => world.server.stats.bufferedBytes, patience).toBe(total * costOf(Uint8Array.of(0)))
    const got: number[] = []
    const reading = (async () => {
      while (got.length < total) got.push((await server.receive())?.[0] ?? -1)
    })()
    await expect.poll(() => got.length, patience).toBe(11)
    await clock.advance(500)
    expect(got.length).toBe(16)
    await clock.advance(5_000)
    await reading
    expect(got).toEqual(Array.from({ length: total }, (_, number) => number))
  })

  it('hold up nobody who gives up the connection: the wait for its rate ends at once', async () => {
    const clock = manualClock()
    const world = await serve({ clock, limits: { messagesPerSecond: 1 } })
    const { client, server } = await pair(world)
    for (let number = 0; number < 3; number++) await client.send(Uint8Array.of(number))
    const size = costOf(Uint8Array.of(0))
    await expect.poll(() => world.server.stats.bufferedBytes, patience).toBe(3 * size)
    await server.receive()
    await server.receive()
    const third = server.receive()
    await server[Symbol.asyncDispose]()
    await expect(third).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(world.server.stats.bufferedBytes).toBe(0)
  })

  it('must be whole numbers', async () => {
    await expect(serve({ limits: { maxConnections: 0 } })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(serve({ limits: { heartbeatMs: Number.NaN } })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
