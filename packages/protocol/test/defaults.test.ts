import { parseClientName } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { isPending } from '../../core/test/support/setup.ts'
import { defaultMaxMessageBytes } from '../src/adapter.ts'
import { parseClientSettings } from '../src/client/client-settings.ts'
import { memoryTransport } from '../src/index.ts'
import { decodeClientMessage, encodeClientMessage } from '../src/internal.ts'
import { parseQuotas } from '../src/quotas/quotas.ts'
import { parseServeLimits } from '../src/server/settings/serve-limits.ts'
import { script } from './support/scripted-watcher.ts'
import { served } from './support/served.ts'

const alice = parseClientName('alice')

describe('what the documentation calls a default is', () => {
  it('the longest message that is read', () => {
    expect(defaultMaxMessageBytes).toBe(262_144)
    const ping = encodeClientMessage({ type: 'ping', number: 5n })
    // Filled up with an unknown field: two bytes of tag, three of length.
    const padded = (length: number): Uint8Array => {
      const rest = length - ping.length - 5
      return Buffer.concat([
        ping,
        Buffer.from([0xfa, 0x3f, (rest & 127) | 128, ((rest >> 7) & 127) | 128, rest >> 14]),
        Buffer.alloc(rest),
      ])
    }
    expect(decodeClientMessage(padded(262_144))).toMatchObject({ type: 'ping' })
    expect(() => decodeClientMessage(padded(262_145))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }))
  })

  it('what a server takes on', () => {
    expect(parseServeLimits()).toEqual({
      maxMessageBytes: 262_144,
      maxRequests: 64,
      maxConnections: 10_000,
      maxConnectionsPerClient: 8,
      maxWatchesPerConnection: 10_000,
      idleTimeoutMs: 90_000,
      handshakeTimeoutMs: 10_000,
      eventWindow: 16,
      eventLimit: 64,
    })
  })

  it('what a server says of itself', async () => {
    await using s = await served()
    const client = await s.connect()
    expect(await client.hello()).toMatchObject({
      software: 'perun-watcher',
      maxMessageBytes: 262_144,
      maxRequests: 64,
      idleTimeoutSeconds: 90,
      receiptKey: undefined,
    })
  })

  it('how a client waits, and what it says of itself', async () => {
    await using s = script()
    const peer = await s.accept()
    expect(await peer.expect('hello')).toMatchObject({ software: 'perun-watcher-client', ledgerId: '' })
    const nobody = async (): Promise<never> => await Promise.reject(new Error('nobody listens'))
    expect(parseClientSettings({ connect: nobody, clock: s.clock, random: () => 0 })).toMatchObject({
      eventLimit: 64,
      pendingLimit: 64,
      backOff: { firstDelayMs: 200, longestDelayMs: 30_000 },
      software: 'perun-watcher-client',
    })
  })

  it('what clients may have, each and together', () => {
    const quotas = parseQuotas({})
    expect(quotas.of(alice)).toEqual({
      channels: 1_000,
      storedBytes: 67_108_864,
      publishesPerSecond: 100,
      publishBurst: 200,
      connections: 8,
    })
    expect(quotas.total).toEqual({ channels: 1_000_000, clients: 100_000 })
  })

  it('how many messages wait in a connection inside one process', async () => {
    const transport = memoryTransport()
    const connection = await transport.connect(alice)({})
    const sending = Array.from({ length: 17 }, async () => await connection.send(Uint8Array.of(1)))
    await Promise.all(sending.slice(0, 16))
    expect(await isPending(sending.at(-1) ?? Promise.resolve())).toBe(true)
    transport.cut()
    await expect(sending.at(-1)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })
})
