import type { Hex, SignedStateInput } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type ClientMessage, encodeClientMessage } from '@perun-watcher/protocol/internal'
import type { Attack, AttackWorld } from '../attack.ts'
import { mutated, randomBytes } from '../mutate.ts'
import { speak } from '../speak.ts'

/* Messages of the protocol, legal and not. */

const numbers = [0n, 1n, 2n, 7n, 2n ** 32n, 2n ** 64n - 1n]

function anyMessage({ settings, dice }: AttackWorld): ClientMessage {
  const request = dice.pick(numbers)
  const watch = dice.int(0, 3)
  const state = dice.pick([settings.shared, ...settings.own])
  const receipt = { body: randomBytes(dice, 200), signature: randomBytes(dice, 64) }
  return dice.pick<() => ClientMessage>([
    () => ({ type: 'hello', versions: [dice.int(0, 3)], software: 'mallory', ledgerId: '' }),
    () => ({
      type: 'startWatching',
      request,
      watch,
      newest: state,
      parent: dice.chance(0.2) ? settings.shared.state.channelId : undefined,
      receipt: dice.chance(0.2) ? receipt : undefined,
    }),
    () => ({ type: 'publish', request, watch, transaction: state }),
    () => ({ type: 'acknowledge', watch, sequence: dice.pick(numbers) }),
    () => ({ type: 'ping', number: dice.pick(numbers) }),
  ])()
}

/** Any bytes; nearly legal messages; legal ones at the wrong time. */
export const fuzz: Attack = async (world) => {
  const { dice } = world
  let sent = 0
  for (let connection = 0; connection < 10; connection++) {
    await speak(world, { saysHello: dice.chance(0.9), reads: dice.chance(0.8) }, async ({ say }) => {
      for (let count = 0; count < 20; count++) {
        const bytes = bytesOf(anyMessage(world))
        const frame = dice.pick([() => bytes, () => mutated(bytes, dice), () => randomBytes(dice, 200)])()
        sent += 1
        if (!(await say(frame))) return
      }
    })
  }
  return sent
}

function bytesOf(message: ClientMessage): Uint8Array {
  try {
    return encodeClientMessage(message)
  } catch {
    // Our encoder is more careful than she is.
    return new Uint8Array()
  }
}

/** The same ids for different requests, watches that are taken, acknowledgements of what was never told. */
export const reusedIds: Attack = async (world) => {
  const { own, shared } = world.settings
  let sent = 0
  await speak(world, {}, async ({ say }) => {
    const start = (newest: SignedStateInput, watch: number): ClientMessage => ({
      type: 'startWatching',
      request: 1n,
      watch,
      newest,
      parent: undefined,
      receipt: undefined,
    })
    const messages: ClientMessage[] = [
      start(own[0], 1),
      start(own[0], 1),
      start(shared, 1),
      { type: 'acknowledge', watch: 1, sequence: 2n ** 64n - 1n },
      { type: 'acknowledge', watch: 99, sequence: 1n },
      { type: 'publish', request: 1n, watch: 1, transaction: own[0] },
      { type: 'publish', request: 1n, watch: 77, transaction: own[0] },
    ]
    for (const message of messages) if (await say(message)) sent += 1
  })
  return sent
}

/** Takes the honest client's channel first, or again with an old state, and stops it. */
export const squat: Attack = async (world) => {
  const { shared, own } = world.settings
  await speak(world, {}, async ({ say }) => {
    await say({ type: 'startWatching', request: 1n, watch: 1, newest: shared, parent: undefined, receipt: undefined })
    await say({ type: 'publish', request: 2n, watch: 1, transaction: badlySigned(own[0], world.dice) })
    await say({ type: 'stopWatching', request: 3n, channelId: idOf(shared) })
    await say({ type: 'stopWatching', request: 4n, channelId: idOf(shared) })
  })
  return 4
}

type Stop = Extract<ClientMessage, { readonly type: 'stopWatching' }>

function idOf({ state }: SignedStateInput): Stop['channelId'] {
  return state.channelId as Stop['channelId']
}

/** A state with one signature that is none. */
export function badlySigned(signed: SignedStateInput, dice: Dice): SignedStateInput {
  const sigs = signed.sigs.map((sig, index): Hex => (index === 0 ? `0x${mutatedText(sig, dice)}` : sig))
  return { ...signed, sigs }
}

function mutatedText(sig: Hex, dice: Dice): string {
  const bytes = Buffer.from(sig.slice(2), 'hex')
  const at = dice.int(0, 60)
  bytes.writeUInt8(bytes.readUInt8(at) ^ dice.int(1, 255), at)
  return bytes.toString('hex')
}
