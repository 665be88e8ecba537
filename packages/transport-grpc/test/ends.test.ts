import { expect, it } from 'vitest'
import { manualClock } from '../../protocol/test/support/manual-clock.ts'
import { openedStranger, pair, serve } from './support/world.ts'

const total = 500

/** Nobody is cut because the time for his goodbye is over. */
const clock = manualClock()

it('all that a server sent before it closed arrives, and then an end in order', async () => {
  const world = await serve({ clock })
  const { client, server } = await pair(world, { clock })
  for (let number = 0; number < total; number++) await server.send(Uint8Array.of(number >> 8, number & 255))
  const closing = world.server.close()
  for (let number = 0; number < total; number++) {
    expect(await client.receive()).toEqual(Buffer.of(number >> 8, number & 255))
  }
  expect(await client.receive()).toBeUndefined()
  await closing
  expect(world.server.stats).toMatchObject({ connections: 0, unopened: 0 })
})

it('whoever closes a server that is closing waits for the same', async () => {
  const world = await serve({ clock })
  const { client, server } = await pair(world, { clock })
  for (let number = 0; number < total; number++) await server.send(Uint8Array.of(7))
  const order: string[] = []
  const closing = [1, 2].map((time) => world.server.close().then(() => order.push(`closed ${time}`)))
  for (let number = 0; number <= total; number++) await client.receive()
  order.push('all received')
  await Promise.all(closing)
  expect(order).toEqual(['all received', 'closed 1', 'closed 2'])
})

it('all that a client sent before it left arrives, and then an end in order', async () => {
  const world = await serve({ clock })
  const { client, server } = await pair(world, { clock })
  for (let number = 0; number < total; number++) await client.send(Uint8Array.of(number >> 8, number & 255))
  await client[Symbol.asyncDispose]()
  for (let number = 0; number < total; number++) {
    expect(await server.receive()).toEqual(Buffer.of(number >> 8, number & 255))
  }
  expect(await server.receive()).toBeUndefined()
})

it('a client in another language that ends its half of the call ends the connection in order', async () => {
  const { call, ended, server } = await openedStranger(await serve())
  call.write(Buffer.of(7))
  call.end()
  call.resume()
  expect(await server.receive()).toEqual(Buffer.of(7))
  expect(await server.receive()).toBeUndefined()
  expect(await ended).toMatchObject({ code: 0 })
})

it('a client that has just left in order still hears that it did from a server that closes', async () => {
  const world = await serve({ clock })
  const { call, ended, server } = await openedStranger(world)
  call.end()
  call.resume()
  expect(await server.receive()).toBeUndefined()
  await world.server.close()
  expect(await ended).toMatchObject({ code: 0 })
})

it('a message may be written into again once it is sent', async () => {
  const { client, server } = await pair(await serve())
  for (const [from, to] of [[client, server] as const, [server, client] as const]) {
    const message = Uint8Array.of(1)
    const sent = from.send(message)
    await sent
    message[0] = 2
    expect(await to.receive()).toEqual(Buffer.of(1))
  }
})
