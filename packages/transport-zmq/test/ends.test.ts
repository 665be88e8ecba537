import { expect, it } from 'vitest'
import { pair, serve } from './support/world.ts'

it.each([1, 2, 3])('all that a server sent before it closed arrives, and then an end in order (%i)', async () => {
  const world = await serve()
  const { client, server } = await pair(world)
  const total = 500
  for (let number = 0; number < total; number++) await server.send(Uint8Array.of(number >> 8, number & 255))
  await world.server.close()
  for (let number = 0; number < total; number++) {
    expect(await client.receive()).toEqual(Buffer.of(number >> 8, number & 255))
  }
  expect(await client.receive()).toBeUndefined()
})

it('all that a client sent before it left arrives, and then an end in order', async () => {
  const world = await serve()
  const { client, server } = await pair(world)
  const total = 500
  for (let number = 0; number < total; number++) await client.send(Uint8Array.of(number >> 8, number & 255))
  await client[Symbol.asyncDispose]()
  for (let number = 0; number < total; number++) {
    expect(await server.receive()).toEqual(Buffer.of(number >> 8, number & 255))
  }
  expect(await server.receive()).toBeUndefined()
})
