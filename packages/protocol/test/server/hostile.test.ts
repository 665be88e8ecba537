import { testChannel } from '@perun-watcher/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle } from '../../../core/test/support/setup.ts'
import { encodeClientMessage } from '../../src/internal.ts'
import { clientMessage } from '../support/arbitraries.ts'
import { type Served, served } from '../support/served.ts'
import type { WireClient } from '../support/wire-client.ts'

const hello = encodeClientMessage({ type: 'hello', versions: [1], software: '', ledgerId: '' })

/** A frame as a hostile client might send it: garbage, or something legal, or nearly so. */
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  clientMessage.map(encodeClientMessage),
  fc
    .tuple(clientMessage.map(encodeClientMessage), fc.nat(), fc.nat({ max: 255 }))
    .map(([bytes, at, value]) => bytes.map((byte, index) => (index === at % bytes.length ? value : byte))),
)

/** Sends until the server ends the connection, and reads nothing or everything. */
async function attack(s: Served, frames: readonly Uint8Array[], isReading: boolean): Promise<void> {
  const hostile = await s.connect('mallory')
  const reading = isReading ? drain(hostile) : undefined
  await sendAll(hostile, [hello, ...frames]).catch(() => {})
  await hostile.connection[Symbol.asyncDispose]()
  await reading
}

async function sendAll({ connection }: WireClient, frames: readonly Uint8Array[]): Promise<void> {
  for (const bytes of frames) await connection.send(bytes)
}

async function drain({ connection }: WireClient): Promise<void> {
  while ((await connection.receive().catch(() => undefined)) !== undefined);
}

describe('hostile clients', () => {
  it('do not keep an honest one from being served, whatever they send', async () => {
    await using s = await served({ transport: { capacity: 64 } })
    const channel = testChannel()
    const honest = await s.join('honest')
    await honest.start(channel.signed(0n))
    let version = 0n
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 20 }), fc.boolean(), async (frames, isReading) => {
        await attack(s, frames, isReading)
        version += 1n
        expect(await honest.publish(channel.signed(version))).toMatchObject({ type: 'published', version })
      }),
      { numRuns: 150 },
    )
    await settle()
    expect(s.server.stats).toMatchObject({ connections: 1, clients: 1, requests: 0 })
    expect(s.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('do not fill the log', async () => {
    await using s = await served()
    for (let round = 0; round < 300; round++) await attack(s, [Uint8Array.of(255, 255, 255)], true)
    expect(s.lines.length).toBeLessThanOrEqual(100)
    await s.clock.advance(60_000)
    await attack(s, [Uint8Array.of(255, 255, 255)], true)
    expect(s.lines.at(-1)?.fields?.['leftOut']).toBeGreaterThanOrEqual(190)
    const longest = Math.max(...s.lines.map((line) => JSON.stringify(line.fields).length))
    expect(longest).toBeLessThan(500)
  })

  it('are ended for a message above the limit', async () => {
    await using s = await served({ limits: { maxMessageBytes: 100 } })
    const client = await s.join()
    await client.connection.send(new Uint8Array(101))
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'MESSAGE_TOO_LARGE' } })
    expect(s.server.stats.goodbyes.get('MESSAGE_TOO_LARGE')).toBe(1)
  })

  it('get nothing from a channel by knowing its id', async () => {
    await using s = await served()
    const channel = testChannel()
    const honest = await s.join('honest')
    await honest.start(channel.signed(5n))
    const mallory = await s.join('mallory')
    expect(await mallory.stop(channel)).toMatchObject({ error: { code: 'CHANNEL_UNKNOWN' } })
    expect(await mallory.publish(channel.signed(6n))).toMatchObject({ error: { code: 'WATCH_ENDED' } })
    await mallory.send({ type: 'acknowledge', watch: 1, sequence: 1n })
    expect(await honest.publish(channel.signed(7n))).toMatchObject({ type: 'published' })
  })

  it('that connect over and over without reading take no more places than they may', async () => {
    await using s = await served({ transport: { capacity: 1 }, limits: { maxConnectionsPerClient: 2 } })
    for (let count = 0; count < 30; count++) {
      const silent = await s.connect('mallory')
      await silent.connection.send(hello)
    }
    await settle()
    expect(s.server.stats.connections).toBeLessThanOrEqual(3)
  })

  it('that open connections without a word are gone after a while, and honest ones get in', async () => {
    await using s = await served({ limits: { maxConnections: 20, handshakeTimeoutMs: 1_000 } })
    for (let count = 0; count < 20; count++) await s.connect(`mallory-${count}`)
    const early = await s.connect('honest')
    expect(await early.next()).toMatchObject({ type: 'goodbye', error: { code: 'OVERLOADED', retryable: true } })
    await s.clock.advance(1_500)
    const late = await s.join('honest')
    expect(await late.start(testChannel().signed(1n))).toMatchObject({ type: 'started' })
  })
})
