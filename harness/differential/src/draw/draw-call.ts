import { type Params, parseSignature, type SignedState, type State } from '@perun-watcher/core'
import type { ModelDispute } from '@perun-watcher/core/testing'
import type { Call } from '../calls/call.ts'
import { drawHolderCall } from './draw-holder-call.ts'
import { type Channel, richer } from './family.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import type { Variant } from './states.ts'
import { tamper } from './tamper.ts'

/** Stands where a channel has no participant who could sign. */
const nobodys = parseSignature(`0x${'11'.repeat(64)}1b`)

/** Draws a call: most of them are nearly right, so that they get far into the contract. */
export function drawCall(scene: Scene): Promise<Call> {
  const { family, random, now } = scene
  const { disputes } = scene.world
  const hasApp = family.channels.some((channel) => channel.params.app !== undefined && isOpen(scene, channel))
  // Nothing is open that could be refuted: registering again would mostly be too late.
  const isOver = disputes.size > 0 && [...disputes.values()].every(({ timeout }) => timeout <= now)
  const hasRoot = family.channels.some((channel) => channel.params.ledgerChannel && isOpen(scene, channel))
  return random.weighted(
    [isOver ? 4 : 10, register],
    [hasApp ? 8 : 0.3, progress],
    [hasRoot ? 4 : 0.5, conclude],
    [hasRoot ? 1 : 0.3, concludeFinal],
    [scene.world.funds.settled.size > 0 ? 5 : 1, drawHolderCall],
  )(scene)
}

function isOpen({ world }: Scene, { id }: Channel): boolean {
  const dispute = world.disputes.get(id)
  return dispute !== undefined && dispute.phase !== 'concluded'
}

/** One of those that something can be done with, most of the time. */
function drawChannel({ family, random }: Scene, suits: (channel: Channel) => boolean): Channel {
  const suitable = family.channels.filter(suits)
  return random.pick(suitable.length > 0 && random.chance(0.95) ? suitable : family.channels)
}

async function register(scene: Scene): Promise<Call> {
  const { family, random } = scene
  const root = random.chance(0.95) ? random.pick(family.roots) : random.pick(family.channels)
  const state = drawState(scene, root, { recorded: 3, next: 6, any: 2 })
  const below = drawBelow(scene, state, { recorded: 11, next: 6, any: 2 })
  const subs = await Promise.all(below.map((sub) => signed(scene, channelOf(scene, sub) ?? root, sub)))
  const channel = await signed(scene, root, state)
  if (!random.chance(0.15)) return { name: 'register', channel, subChannels: disorder(subs, scene) }
  const at = random.below(subs.length + 1) - 1
  const subChannels = subs.map((sub, index) => (index === at ? spoilSigned(sub, scene) : sub))
  return { name: 'register', channel: at < 0 ? spoilSigned(channel, scene) : channel, subChannels }
}

async function progress(scene: Scene): Promise<Call> {
  const { random, states, sign } = scene
  const channel = drawChannel(scene, (one) => one.params.app !== undefined && isOpen(scene, one))
  const stateOld = drawState(scene, channel, { recorded: 30, next: 1, any: 1 })
  const state = random.chance(0.95)
    ? states.after(stateOld, drawVariant(random, [10, 1, 1, 14]))
    : drawState(scene, channel, { recorded: 1, next: 1, any: 1 })
  const size = channel.keys.length
  const actorIdx = random.weighted([40, random.below(size)], [1, size], [1, size + 7])
  const key = channel.keys[random.chance(0.97) ? actorIdx : 0] ?? channel.keys[0]
  const sig = key === undefined ? nobodys : await sign(key, state)
  const move = { params: drawParams(scene, channel.params), stateOld, state, actorIdx }
  return { name: 'progress', move: { ...move, sig: random.chance(0.12) ? tamper(sig, random) : sig } }
}

async function conclude(scene: Scene): Promise<Call> {
  const channel = drawChannel(scene, (one) => one.params.ledgerChannel && isOpen(scene, one))
  const state = drawState(scene, channel, { recorded: 20, next: 1, any: 1 })
  const below = drawBelow(scene, state, { recorded: 40, next: 1, any: 1 })
  const called = { params: drawParams(scene, channel.params), state }
  return { name: 'conclude', channel: called, subStates: disorder(below, scene) }
}

async function concludeFinal(scene: Scene): Promise<Call> {
  const { family, random, states } = scene
  const root = random.chance(0.95) ? random.pick(family.roots) : random.pick(family.channels)
  const variant = random.weighted<Variant>(
    [8, 'released'],
    [2, 'final'],
    [1, 'regular'],
    [5, `spoilt-final-${random.below(6)}`],
  )
  const channel = await signed(scene, root, states.at(root, BigInt(random.below(7)), variant))
  return { name: 'concludeFinal', channel: random.chance(0.2) ? spoilSigned(channel, scene) : channel }
}

/** How likely a state is the recorded one, a newer one, or one of any version. */
interface Likelihood {
  readonly recorded: number
  readonly next: number
  readonly any: number
}

function drawState(scene: Scene, channel: Channel, { recorded, next, any }: Likelihood, isRich = false): State {
  const { random, states } = scene
  const { dispute, state } = recordOf(scene, channel)
  const version = BigInt(random.below(dispute === undefined ? 3 : 8))
  // What is odd in the state of an app comes out when it is progressed.
  const isFitting = isRich && random.chance(0.9)
  const variant = isFitting ? 'rich' : drawVariant(random, [40, 4, 4, channel.params.app === undefined ? 6 : 11])
  if (dispute === undefined || state === undefined) return states.at(channel, version, variant)
  const newer = dispute.version > 100n ? version : dispute.version + BigInt(1 + random.below(2))
  const kind = random.weighted([recorded, 'recorded'], [next, 'next'], [next / 15, 'moved'], [any, 'any'])
  if (kind === 'recorded') return state
  if (kind === 'moved') return states.after(state, variant)
  return states.at(channel, kind === 'next' ? newer : version, variant)
}

function recordOf({ world, states }: Scene, { id }: Channel): { dispute?: ModelDispute; state?: State } {
  const dispute = world.disputes.get(id)
  if (dispute === undefined) return {}
  const state = states.known(dispute.stateHash)
  return state === undefined ? { dispute } : { dispute, state }
}

function drawVariant(
  random: Random,
  [regular, other, final, spoilt]: readonly [regular: number, other: number, final: number, spoilt: number],
): Variant {
  return random.weighted<Variant>(
    [regular, 'regular'],
    [other, 'other'],
    [final, 'final'],
    [final / 2, 'released'],
    [spoilt, `spoilt-${random.below(24)}`],
  )
}

/** States of all that a state locks, depth first. A channel that locks itself would have no end. */
function drawBelow(scene: Scene, state: State, likelihood: Likelihood, room = { left: 12 }): readonly State[] {
  return state.outcome.locked.flatMap((lock) => {
    const channel = scene.family.channels.find(({ id }) => id === lock.channelId)
    if (channel === undefined || room.left === 0) return []
    room.left -= 1
    const isRich = channel.stake.length > 0 && lock.balances[0] === richer(channel.stake)[0]
    const sub = drawState(scene, channel, likelihood, isRich)
    return [sub, ...drawBelow(scene, sub, likelihood, room)]
  })
}

function channelOf({ family }: Scene, state: State): Channel | undefined {
  return family.channels.find(({ id }) => id === state.channelId)
}

async function signed({ sign }: Scene, { params, keys }: Channel, state: State): Promise<SignedState> {
  return { params, state, sigs: await Promise.all(keys.map((key) => sign(key, state))) }
}

function spoilSigned(signed: SignedState, scene: Scene): SignedState {
  const { random } = scene
  const { params, sigs } = signed
  const at = random.below(sigs.length)
  const sigsOf = random.pick([
    () => sigs.slice(1),
    () => [...sigs, ...sigs.slice(0, 1)],
    () => [...sigs].reverse(),
    ...Array.from({ length: 9 }, () => () => sigs.map((sig, index) => (index === at ? tamper(sig, random) : sig))),
  ])
  return random.chance(0.15) ? { ...signed, params: otherParams(scene, params) } : { ...signed, sigs: sigsOf() }
}

function drawParams(scene: Scene, params: Params): Params {
  return scene.random.chance(0.04) ? otherParams(scene, params) : params
}

/** Another channel's, or the same but for one field. */
function otherParams({ family, random }: Scene, params: Params): Params {
  return random.pick([
    { ...params, challengeDuration: params.challengeDuration + 1n },
    { ...params, ledgerChannel: !params.ledgerChannel },
    { ...params, app: undefined },
    random.pick(family.channels).params,
  ])
}

/** The list as it should be, most of the time. */
function disorder<T>(items: readonly T[], { random }: Scene): readonly T[] {
  const at = random.below(items.length)
  return random.weighted<() => readonly T[]>(
    [24, () => items],
    [1, () => items.filter((_, index) => index !== at)],
    [1, () => [...items].reverse()],
    [1, () => [...items, ...items]],
    [1, () => []],
    [1, () => items.flatMap((item, index) => (index === at ? [item, item] : [item]))],
  )()
}
