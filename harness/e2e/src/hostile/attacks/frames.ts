import { setTimeout as pause } from 'node:timers/promises'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type Attack, tried } from '../attack.ts'
import { mutated, randomBytes } from '../mutate.ts'
import { openFrame, rawDealer } from '../raw-dealer.ts'
import { connected } from '../speak.ts'

/* Inside CURVE, below the protocol: frames of the transport. */

/** The kinds of the transport's frames, and some that there are not. */
function anyFrame(dice: Dice, opening: Buffer): Buffer {
  const kind = dice.int(0, 7)
  return dice.pick([
    () => randomBytes(dice, 100),
    () => mutated(opening, dice),
    () => opening,
    () => Buffer.concat([Buffer.of(kind), randomBytes(dice, 40)]),
    // Taken: more than was ever sent, or the same again.
    () => Buffer.concat([Buffer.of(4), Buffer.alloc(8, dice.int(0, 255))]),
    () => Buffer.of(5),
    () => Buffer.alloc(0),
  ])()
}

export const garbageFrames: Attack = async (world) => {
  const { dice, keys, settings } = world
  let sent = 0
  for (let count = 0; count < 5; count++) {
    using socket = rawDealer(world)
    const opening = openFrame(keys, settings.watcherKey, socket.routingId)
    if (dice.chance(0.7)) await socket.send(opening)
    for (let frame = 0; frame < 30; frame++) {
      const frames = Array.from({ length: dice.chance(0.8) ? 1 : dice.int(0, 4) }, () => anyFrame(dice, opening))
      if (frames.length > 0) await socket.send(...frames)
      sent += 1
    }
    await pause(50)
  }
  return sent
}

/** Says that she is an honest client: with her own key's proof, and with that of another connection. */
export const stolenName: Attack = async (world) => {
  const { keys, settings } = world
  using first = rawDealer(world)
  await first.send(openFrame({ ...keys, publicKey: settings.victimKey }, settings.watcherKey, first.routingId))
  using second = rawDealer(world)
  await second.send(openFrame(keys, settings.watcherKey, first.routingId))
  // The routing id of a connection that is there, or was.
  using third = rawDealer(world, first.routingId)
  await third.send(openFrame(keys, settings.watcherKey, first.routingId))
  await pause(100)
  return 3
}

/** Longer than any message, in one piece and in many. */
export const oversized: Attack = async (world) => {
  const { dice, keys, settings } = world
  for (const size of [300_000, 1_200_000, 20_000_000]) {
    using socket = rawDealer(world)
    await socket.send(openFrame(keys, settings.watcherKey, socket.routingId))
    const message = Buffer.alloc(size, dice.int(0, 255))
    // The first data frame of the connection.
    message.set([3, 0, 0, 0, 0])
    await socket.send(message)
    await pause(50)
  }
  return 3
}

/** A key that is on no list, and the wrong key of the watcher. */
export const wrongKeys: Attack = async ({ settings, keys }) => {
  const { endpoint, watcherKey, unlisted } = settings
  for (let count = 0; count < 3; count++)
    await (await connected(endpoint, watcherKey, unlisted))?.[Symbol.asyncDispose]()
  await tried(async () => (await connected(endpoint, unlisted.publicKey, keys))?.[Symbol.asyncDispose]())
  return 4
}

/** Comes over and over and stays, until the places of one client are used up. */
export const churn: Attack = async ({ settings, keys }) => {
  const coming = Array.from({ length: 30 }, () => connected(settings.endpoint, settings.watcherKey, keys))
  const connections = await Promise.all(coming)
  for (const connection of connections) await connection?.[Symbol.asyncDispose]()
  return connections.length
}
