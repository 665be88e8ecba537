import type { SignedState } from '@perun-watcher/core'
import type { Channel } from '../parties/channels/channel.ts'
import type { CheatCall } from '../parties/cheater/hand.ts'
import { together } from '../world/ledger.ts'
import type { Scenario, Stage } from './scenario.ts'

const day = 86_400n

/** The locked channel of a family whose root locked nothing at first, and from now on locks it. */
async function lockedChild(stage: Stage, ...states: readonly SignedState[]): Promise<void> {
  const { family, client } = stage
  const { root, lateChild: child } = family
  if (child === undefined) return
  await stage.until(() => client.isCurrent(child.id))
  await stage.give(child, ...states)
  await stage.give(root, root.update({ locks: [child] }))
}

/** Below a root of the cheater's own that has no window: registered and concluded in one transaction. */
function closedAt({ hand }: Stage, child: Channel, state: SignedState): CheatCall {
  const root = hand.ownRoot([child], 0n).newest
  const made = hand.register(root, (channel) => (channel === child ? state : channel.newest))
  const below = made.states.slice(1).map((each) => each.state)
  const call = together(made.call, (adjudicator, before, now) => adjudicator.conclude(before, root, below, now))
  return { call, states: made.states }
}

async function strikeAtRoot({ family, hand, dice, pass }: Stage): Promise<void> {
  await pass(dice.int(20_000, 60_000))
  const [oldest = family.root.newest] = family.root.states
  const made = hand.register(oldest, (channel) => hand.standing(channel) ?? hand.someState(channel))
  hand.submit('cheat: registers an old tree', made)
}

/** It is closed at a state that the watcher was given together with newer ones. */
async function closeInPassing(stage: Stage): Promise<void> {
  const { family, hand, dice } = stage
  const { lateChild: child } = family
  if (child === undefined) return
  const given = Array.from({ length: dice.int(3, 6) }, () => child.update({}))
  await lockedChild(stage, ...given)
  const closed = closedAt(stage, child, dice.pick(given.slice(0, -1)))
  hand.submit('cheat: closes a locked channel at a version of its choice', closed, { isHidden: true })
  await stage.recorded(child.id)
  await strikeAtRoot(stage)
}

/** It is closed at a state that nobody gave the watcher, and which the endpoint does not show at first. */
async function closeAtUnknown(stage: Stage): Promise<void> {
  const { family, hand, dice } = stage
  const { lateChild: child } = family
  if (child === undefined) return
  await lockedChild(stage, child.update({}))
  const unknown = child.update({ isSecret: true })
  stage.impose('recoveryRefused', dice.int(90_000, 240_000))
  const closed = closedAt(stage, child, unknown)
  hand.submit('cheat: closes a locked channel at a version of its choice', closed, { isHidden: false })
  await stage.recorded(child.id)
  await strikeAtRoot(stage)
}

/**
 * Of two locked channels one gets a state that nobody knows, the other an old one: with an older state of the root, which locks
 * only the other, that could be answered at once.
 */
async function lureIntoOlderRoot(stage: Stage): Promise<void> {
  const { family, hand, client, dice } = stage
  const { root } = family
  const [one, other] = family.channels.filter(({ kind }) => kind === 'sub')
  if (one === undefined || other === undefined) return
  await stage.until(() => [one, other].every(({ id }) => client.isCurrent(id)))
  await stage.give(one, one.update({}))
  await stage.give(other, other.update({}))
  await stage.give(root, root.update({ locks: [other] }))
  await stage.give(root, root.update({ locks: [one, other] }))
  // Long enough for all of that to count.
  await stage.pass(dice.int(70_000, 150_000))
  const unknown = one.update({ isSecret: true })
  const [old = other.newest] = other.states
  // What is missing is not shown.
  const own = hand.ownRoot([one, other], dice.pick([1_200n, day]))
  const made = hand.register(own.newest, (channel) => (channel === one ? unknown : old))
  hand.submit('cheat: registers below a root of its own', made, { isHidden: true })
}

/** It is closed at a state that locked another channel, which has been released, and stopped, since. */
async function closeWithReleased(stage: Stage): Promise<void> {
  const { family, hand, client } = stage
  const { root, parentOf } = family
  const released = family.channels.find(({ id }) => parentOf.get(id) !== undefined && parentOf.get(id) !== root)
  const child = released && parentOf.get(released.id)
  if (released === undefined || child === undefined) return
  await stage.until(() => family.channels.every(({ id }) => client.isCurrent(id)))
  const [locking = child.newest] = child.states
  await stage.give(child, child.update({ locks: [] }))
  await stage.give(root, root.update({}))
  client.archive(released)
  await stage.until(() => client.archived.has(released.id))
  const closed = closedAt(stage, child, locking)
  hand.submit('cheat: closes a locked channel at a version of its choice', closed, { isHidden: true })
  await stage.recorded(child.id)
  await strikeAtRoot(stage)
}

export const barredChannels: readonly Scenario[] = [
  {
    name: 'scenario: a locked channel closed at a state given among others',
    cast: { shape: 'late', apps: 'none' },
    durations: [600n, 1_200n],
    play: closeInPassing,
  },
  {
    name: 'scenario: a locked channel closed at a state with locks',
    cast: { shape: 'nested', apps: 'none' },
    durations: [600n, 1_200n],
    play: closeWithReleased,
  },
  {
    name: 'scenario: a locked channel closed at a state shown late',
    cast: { shape: 'late', apps: 'none' },
    durations: [day],
    play: closeAtUnknown,
  },
  {
    name: 'scenario: an older root that seems to help',
    cast: { shape: 'rolling', apps: 'none' },
    durations: [1_200n],
    play: lureIntoOlderRoot,
  },
]
