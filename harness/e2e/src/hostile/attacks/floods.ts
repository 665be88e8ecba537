import { channelId, stateToAbi } from '@perun-watcher/chain-evm/internal'
import { parseSignedState, type SignedStateInput } from '@perun-watcher/core'
import { signState } from '@perun-watcher/devnet'
import type { Attack, AttackWorld } from '../attack.ts'
import { speak } from '../speak.ts'
import { badlySigned } from './messages.ts'

/* Legal messages, and far too many of them. */

const start = (newest: SignedStateInput, number: number) =>
  ({
    type: 'startWatching',
    request: BigInt(number),
    watch: number,
    newest,
    parent: undefined,
    receipt: undefined,
  }) as const

export const badSignatures: Attack = async (world) => {
  const [first] = world.settings.own
  let sent = 0
  await speak(world, {}, async ({ say }) => {
    await say(start(first, 1))
    for (let count = 0; count < 300; count++) {
      const transaction = badlySigned(first, world.dice)
      if (!(await say({ type: 'publish', request: BigInt(count + 2), watch: 1, transaction }))) return
      sent += 1
    }
  })
  return sent
}

/** Without reading the pongs, half of the time. */
export const pings: Attack = async (world) => {
  let sent = 0
  await speak(world, { reads: world.dice.chance(0.5) }, async ({ say }) => {
    for (let count = 0; count < 3_000; count++) {
      if (!(await say({ type: 'ping', number: BigInt(count) }))) return
      sent += 1
    }
  })
  return sent
}

/** Makes the watcher tell what stands again and again, and never reads nor acknowledges. */
export const slowReader: Attack = async (world) => {
  const [first] = world.settings.own
  let sent = 0
  await speak(world, { reads: false }, async ({ say }) => {
    for (let count = 1; count <= 300; count++) {
      if (!(await say(start(first, count)))) return
      sent += 1
    }
  })
  return sent
}

/** Channel after channel, each of them in order. */
export const millionChannels: Attack = async (world) => {
  const [first] = world.settings.own
  let sent = 0
  await speak(world, {}, async ({ say }) => {
    for (let count = 1; count <= 60; count++) {
      if (!(await say(start(await another(world, first), count)))) return
      sent += 1
    }
  })
  return sent
}

/** A channel of the same people. */
async function another({ settings, dice }: AttackWorld, first: SignedStateInput): Promise<SignedStateInput> {
  const { params, state } = parseSignedState(first)
  const nonce = BigInt(dice.int(0, 2 ** 52)) * 2n ** 52n + BigInt(dice.int(0, 2 ** 52))
  const own = { ...params, nonce }
  const changed = { ...state, channelId: channelId(own) }
  const sigs = await Promise.all(settings.participants.map((key) => signState(key, stateToAbi(changed))))
  return { params: own, state: changed, sigs }
}
