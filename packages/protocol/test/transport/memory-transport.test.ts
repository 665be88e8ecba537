import { hasCode, parseClientName } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { isPending } from '../../../core/test/support/setup.ts'
import type { Connection } from '../../src/adapter.ts'
import { type MemoryTransport, type MemoryTransportOptions, memoryTransport } from '../../src/index.ts'

const alice = parseClientName('alice')
const bob = parseClientName('bob')
const never = new AbortController().signal

async function join(transport: MemoryTransport, client = alice): Promise<{ client: Connection; server: Connection }> {
  const accepting = transport.accepted[Symbol.asyncIterator]().next()
  const connection = await transport.connect(client)({ signal: never })
  const accepted = await accepting
  if (accepted.done) throw new Error('nobody came')
  expect(accepted.value.client).toBe(client)
  return { client: connection, server: accepted.value.connection }
}

const joined = (options?: MemoryTransportOptions): ReturnType<typeof join> => join(memoryTransport(options))
const message = (value: number): Uint8Array => Uint8Array.of(value)

describe('memoryTransport', () => {
  it('carries messages in order, both ways', async () => {
    const { client, server } = await joined()
    await client.send(message(1))
    await client.send(message(2))
    await server.send(message(3))
    expect([await server.receive(), await server.receive(), await client.receive()]).toEqual([1, 2, 3].map(message))
  })

  it('makes the sender wait while the reader does not read', async () => {
    const { client, server } = await joined({ capacity: 1 })
    await client.send(message(1))
    const second = client.send(message(2))
    expect(await isPending(second)).toBe(true)
    await server.receive()
    await second
    expect(await server.receive()).toEqual(message(2))
  })

  it('sends nothing once a waiting call is aborted, and works on', async () => {
    const { client, server } = await joined({ capacity: 1 })
    await client.send(message(1))
    const controller = new AbortController()
    const waiting = client.send(message(2), { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await server.receive()
    await client.send(message(3))
    expect(await server.receive()).toEqual(message(3))
  })

  it('delivers what was sent before an orderly end, then tells the end', async () => {
    const { client, server } = await joined()
    await client.send(message(1))
    await client[Symbol.asyncDispose]()
    expect(await server.receive()).toEqual(message(1))
    expect(await server.receive()).toBeUndefined()
    await expect(server.send(message(2))).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('lets both sides see that the connection was cut, and loses what is under way', async () => {
    const transport = memoryTransport()
    const { client, server } = await join(transport)
    const waiting = client.receive()
    await client.send(message(1))
    transport.cut()
    for (const call of [waiting, client.send(message(2)), server.receive(), server.send(message(3))]) {
      expect(hasCode(await call.catch((error: unknown) => error), 'CONNECTION_LOST')).toBe(true)
    }
  })

  it('cuts the connections of one client only, where it is named', async () => {
    const transport = memoryTransport()
    const first = await join(transport)
    const second = await join(transport, bob)
    transport.cut(alice)
    await expect(first.server.receive()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await second.client.send(message(1))
    expect(await second.server.receive()).toEqual(message(1))
  })

  it('refuses a message above its limit', async () => {
    const { client } = await joined({ maxMessageBytes: 1 })
    await expect(client.send(Uint8Array.of(1, 2))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })

  it('lets nobody in once it is closed', async () => {
    const transport = memoryTransport()
    transport.close()
    await expect(transport.connect(alice)({ signal: never })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    for await (const _ of transport.accepted) throw new Error('somebody came')
  })
})
