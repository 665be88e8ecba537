import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { silentLogger } from '@perun-watcher/core/adapter'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../protocol/test/support/manual-clock.ts'
import { encodeFrame } from '../src/frames/frames.ts'
import { costOf, windowFor } from '../src/frames/window.ts'
import { generateCurveKeys } from '../src/index.ts'
import { opening } from './support/raw-client.ts'
import { dial, intruder, openedIntruder, pair, serve, serverKeys, talk } from './support/world.ts'

/** The default of one second is little on a busy machine. */
const patience = { timeout: 60_000 }
const ended = (code: string) => ({ kind: 'end', reason: { code } })
const open = (window = 2 ** 20) => ({ kind: 'open', version: 1, window, credentials: Buffer.alloc(64) }) as const

describe('a peer', () => {
  it('whose first frame is garbage is cut off', async () => {
    const world = await serve()
    const raw = intruder(world.endpoint)
    await raw.sendBytes(randomBytes(300).fill(0xff, 0, 1))
    expect(await raw.next()).toMatchObject(ended('PROTOCOL_VIOLATION'))
    expect(world.server.stats).toMatchObject({ unopened: 0, refused: { PROTOCOL_VIOLATION: 1 } })
  })

  it('that sends before it opens may make a new connection: its socket may have connected again by itself', async () => {
    const world = await serve()
    const raw = intruder(world.endpoint)
    await raw.send({ kind: 'data', number: 0, message: Uint8Array.of(1) })
    expect(await raw.next()).toMatchObject({ kind: 'end', reason: { code: 'CONNECTION_LOST', retryable: true } })
  })

  it('whose message has several frames is cut off, and told of once however many more of them come', async () => {
    const lines: string[] = []
    const logger = { ...silentLogger, debug: (message: string) => void lines.push(message) }
    const world = await serve({ logger })
    const { raw, server } = await openedIntruder(world)
    // The first of them would be fine alone.
    const frames = Array(100).fill(encodeFrame({ kind: 'data', number: 0, message: Uint8Array.of(1) }))
    for (let count = 0; count < 10; count++) await raw.sendBytes(...frames)
    await expect(server.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    expect(await raw.next()).toMatchObject(ended('PROTOCOL_VIOLATION'))
    raw[Symbol.dispose]()
    await expect.poll(() => world.server.stats.lingering, patience).toBe(0)
    expect(lines).toEqual(['A ZeroMQ connection was ended'])
    expect(world.server.stats.refused).toEqual({ PROTOCOL_VIOLATION: 1 })
  })

  it.each([
    ['opens twice', open()],
    ['answers like a server', { kind: 'opened', version: 1, window: 2 ** 20 }],
    ['takes what was never sent', { kind: 'taken', total: 5 }],
    ['takes nothing', { kind: 'taken', total: 0 }],
  ] as const)('that %s is cut off', async (_, frame) => {
    const world = await serve()
    const { raw, server } = await openedIntruder(world)
    await raw.send(frame)
    await expect(server.receive()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    expect(await raw.next()).toMatchObject(ended('PROTOCOL_VIOLATION'))
  })

  it('one of whose messages is missing has lost it, and is told to connect again', async () => {
    const world = await serve()
    const { raw, server } = await openedIntruder(world)
    await raw.send({ kind: 'data', number: 0, message: Uint8Array.of(1) })
    await raw.send({ kind: 'data', number: 2, message: Uint8Array.of(3) })
    expect(await server.receive()).toEqual(Buffer.of(1))
    await expect(server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(await raw.next()).toMatchObject({ kind: 'end', reason: { code: 'CONNECTION_LOST', retryable: true } })
  })

  it('that has no room for any message is turned away', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys })
    await raw.send({ ...opening(keys, serverKeys.publicKey, raw.routingId), window: 2047 })
    expect(await raw.next()).toMatchObject(ended('PROTOCOL_VIOLATION'))
  })

  it('that floods beyond its window is cut off, and nothing more of it is read', async () => {
    const world = await serve()
    const honest = await pair(world)
    const { raw, server } = await openedIntruder(world)
    const message = Buffer.alloc(500)
    for (let number = 0; number < 10_000; number++) await raw.send({ kind: 'data', number, message })
    await expect.poll(() => world.server.stats.connections, patience).toBe(1)
    const held = world.server.stats.bufferedBytes
    expect(held).toBeLessThanOrEqual(windowFor(defaultMaxMessageBytes))
    let left = 0
    await expect(
      (async () => {
        for (; ; left++) await server.receive()
      })(),
    ).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    expect(left).toBe(held / costOf(message))
    await talk(honest)
    expect(world.server.stats).toMatchObject({ connections: 1, unopened: 0, refused: { PROTOCOL_VIOLATION: 1 } })
  })

  it('whose message is too long is told so, or cut off by libzmq if it is far too long', async () => {
    const world = await serve({ limits: { maxMessageBytes: 4096 } })
    const honest = await pair(world)
    const [slightly, far] = [await openedIntruder(world), await openedIntruder(world)]
    await slightly.raw.send({ kind: 'data', number: 0, message: Buffer.alloc(4097) })
    await expect(slightly.server.receive()).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
    expect(await slightly.raw.next()).toMatchObject(ended('MESSAGE_TOO_LARGE'))
    await far.raw.send({ kind: 'data', number: 0, message: Buffer.alloc(1_000_000) })
    await expect(far.server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await talk(honest)
  })

  it('that was refused cannot open a connection after all, and is forgotten when it leaves', async () => {
    const world = await serve()
    const keys = generateCurveKeys()
    const raw = intruder(world.endpoint, { keys })
    await raw.send({ kind: 'data', number: 0, message: Uint8Array.of(1) })
    await raw.next()
    expect(world.server.stats).toMatchObject({ lingering: 1, unopened: 0 })
    await raw.send(opening(keys, serverKeys.publicKey, raw.routingId))
    raw[Symbol.dispose]()
    await expect.poll(() => world.server.stats.lingering, patience).toBe(0)
    expect(world.server.stats).toMatchObject({ accepted: 0, unopened: 0 })
  })

  it('that leaves is lost, with everything it holds', async () => {
    const world = await serve()
    const { raw, server } = await openedIntruder(world)
    raw[Symbol.dispose]()
    await expect(server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(world.server.stats).toMatchObject({ connections: 0, unopened: 0, bufferedBytes: 0 })
  })

  it('can send what it likes: the others do not notice', async () => {
    const world = await serve()
    const honest = await pair(world)
    const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 3 })
    const kinds = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), frames), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(kinds, fc.boolean(), async (messages, opensFirst) => {
        const keys = generateCurveKeys()
        const raw = intruder(world.endpoint, { keys })
        if (opensFirst) await raw.send(opening(keys, serverKeys.publicKey, raw.routingId))
        for (const [kind, [first = Uint8Array.of(), ...rest]] of messages) {
          await raw.sendBytes(Buffer.concat([Uint8Array.of(kind), first]), ...rest)
        }
        await talk(honest)
        raw[Symbol.dispose]()
      }),
      { numRuns: 60 },
    )
  })
})

describe('a port', () => {
  // The first bytes of ZMTP, so that some get past the first check of libzmq.
  const greeting = Buffer.concat([
    Buffer.from('ff00000000000000017f0301', 'hex'),
    Buffer.from('CURVE'),
    Buffer.alloc(47),
  ])

  it('takes any bytes from anybody: who speaks no ZeroMQ is never seen as a peer', async () => {
    const world = await serve()
    const honest = await pair(world)
    const port = Number(new URL(world.endpoint).port)
    const cut = fc.integer({ min: 0, max: greeting.length })
    await fc.assert(
      fc.asyncProperty(cut, fc.uint8Array({ maxLength: 300 }), async (length, bytes) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        socket.end(Buffer.concat([greeting.subarray(0, length), bytes]))
        socket.resume()
        // A reset is as good an end as any.
        await new Promise((resolve) => socket.once('close', resolve))
        await talk(honest)
      }),
      { numRuns: 60 },
    )
    expect(world.server.stats).toMatchObject({ connections: 1, unopened: 0, lingering: 0, accepted: 1 })
  })
})

describe('limits', () => {
  it('end a connection that is not opened in time', async () => {
    const clock = manualClock()
    const world = await serve({ clock, limits: { openTimeoutMs: 10_000 } })
    const raw = intruder(world.endpoint)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(1)
    await clock.advance(5_000)
    expect(world.server.stats.unopened).toBe(1)
    await clock.advance(10_000)
    expect(world.server.stats.unopened).toBe(0)
    expect(await raw.next()).toMatchObject(ended('CONNECTION_LOST'))
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
    const first = intruder(world.endpoint)
    await expect.poll(() => world.server.stats.unopened, patience).toBe(1)
    intruder(world.endpoint)
    intruder(world.endpoint)
    expect(await first.next()).toMatchObject(ended('OVERLOADED'))
    expect(world.server.stats.unopened).toBe(2)
    await talk(await pair(world))
  })

  it('bound the connections of one client, and give room again', async () => {
    const world = await serve({ limits: { maxConnectionsPerClient: 2 } })
    const keys = generateCurveKeys()
    const [first] = [await pair(world, { keys }), await pair(world, { keys })]
    await expect(dial(world.endpoint, { keys })).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    await talk(await pair(world))
    await first.client[Symbol.asyncDispose]()
    await first.server.receive()
    await talk(await pair(world, { keys }))
  })

  it('bound the connections of all clients', async () => {
    const world = await serve({ limits: { maxConnections: 2 } })
    await pair(world)
    await pair(world)
    await expect(dial(world.endpoint)).rejects.toMatchObject({ code: 'OVERLOADED' })
  })

  it('bound what waits of all connections together: the one that sends more is ended', async () => {
    const world = await serve({ limits: { maxBufferedBytes: 300_000 } })
    const [first, second] = [await pair(world), await pair(world)]
    await first.client.send(Buffer.alloc(200_000))
    await expect.poll(() => world.server.stats.bufferedBytes, patience).toBe(201_024)
    await second.client.send(Buffer.alloc(200_000))
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
