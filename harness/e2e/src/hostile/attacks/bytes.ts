import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Attack, type AttackWorld, tried } from '../attack.ts'
import { mutated, randomBytes } from '../mutate.ts'

/* Below ZeroMQ: bytes on the port. */

/** How ZeroMQ 3.1 begins: signature, version, mechanism, no server, filler. */
const greeting = Buffer.concat([
  Buffer.from('ff00000000000000007f0301', 'hex'),
  Buffer.from('CURVE'.padEnd(20, '\0')),
  Buffer.alloc(32),
])

/** Anything at all, or nearly what the handshake of an honest client was. */
export const garbage: Attack = async (world) => {
  const { dice, settings } = world
  for (let count = 0; count < 20; count++) {
    const pieces = dice.pick([
      () => [randomBytes(dice, 500)],
      () => [mutated(greeting, dice)],
      () => [greeting, randomBytes(dice, 300)],
      () => [mutated(Buffer.from(settings.recorded.slice(0, dice.int(1, 2_000))), dice)],
    ])()
    await onPort(world, async (socket) => {
      for (const piece of pieces) socket.write(piece)
      await pause(dice.int(0, 20))
    })
  }
  return 20
}

/** An honest connection, byte for byte as it was seen. */
export const replay: Attack = async (world) => {
  for (let count = 0; count < 5; count++) {
    await onPort(world, async (socket) => {
      socket.write(world.settings.recorded)
      await pause(100)
    })
  }
  return 5
}

/** Connections on which nothing is ever said, or only the beginning of something. */
export const halfOpen: Attack = async (world) => {
  const connections = Array.from({ length: 60 }, (_, index) =>
    onPort(world, async (socket) => {
      socket.write(greeting.subarray(0, index))
      await pause(2_000)
    }),
  )
  await Promise.all(connections)
  return connections.length
}

async function onPort({ settings }: AttackWorld, use: (socket: Socket) => Promise<void>): Promise<void> {
  const { hostname, port } = new URL(settings.endpoint)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.resume()
  await tried(async (signal) => {
    await once(socket, 'connect', { signal })
    await use(socket)
  })
  socket.destroy()
}
