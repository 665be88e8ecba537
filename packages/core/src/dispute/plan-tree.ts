import type { ChannelId, StateHash } from '../model/brand.ts'
import type { HeldState, State, SubAlloc } from '../model/channel.ts'
import type { EndangeredReason } from '../model/events.ts'
import { standsFor } from '../model/state-identity.ts'
import { type ChannelView, type FamilyView, signedStateOf } from './family.ts'
import { assetsKey, lockMatches } from './lock-rules.ts'
import { isAdmissible } from './record-rules.ts'

/** One channel of a tree with the state chosen for it. */
export interface TreeNode {
  readonly channel: ChannelView
  readonly held: HeldState
}

/** Why no tree can be built with a channel in it. */
export interface TreeObstacle {
  readonly channelId: ChannelId
  readonly reason: Extract<
    EndangeredReason,
    'sub-channel-unknown' | 'state-unknown' | 'lock-mismatch' | 'tree-too-large'
  >
}

export type TreePlan =
  | {
      readonly type: 'tree'
      /** The root first, then everything that it locks, depth first, as the contract consumes it. */
      readonly nodes: readonly [TreeNode, ...TreeNode[]]
      /** What kept a newer state out of the tree, where one was passed over: the first of them. */
      readonly passedOver: TreeObstacle | undefined
    }
  | { readonly type: 'obstructed'; readonly obstacle: TreeObstacle }

/**
 * The best tree for a family: for each channel the newest state that the contract takes, that fills the lock, and whose own
 * tree is complete.
 *
 * Cases per channel: not registered, or refutable and older than ours: our newest. Otherwise (at least as new as ours,
 * timed out, force-executed or concluded): exactly the registered state. Where a state locks a channel of which no state
 * can be registered with it, the newest older state with a complete tree takes its place. Which states have to be held for
 * this to find whatever can be found: `retention.ts`.
 *
 * Invariant: a tree that is returned satisfies every rule of `register` that can be known without the chain's help.
 */
export function planTree(family: FamilyView): TreePlan {
  const { root, room } = family
  const planning: Planning = { family, planned: new Map(), above: [root.id] }
  return choose(planning, root, root.candidates, (nodes) => {
    if (hasTwoStates(nodes)) return { channelId: root.id, reason: 'lock-mismatch' }
    if (nodes.length > room.channels) return { channelId: root.id, reason: 'tree-too-large' }
    const states = nodes.map(({ channel, held }) => signedStateOf(channel, held))
    return room.fits(states) ? undefined : { channelId: root.id, reason: 'tree-too-large' }
  })
}

interface Planning {
  readonly family: FamilyView
  /** Plans made so far, by channel and locked funds; each is made once however often the channel is locked. */
  readonly planned: Map<string, TreePlan>
  /** The channels from the root down to the one being planned. */
  readonly above: readonly ChannelId[]
}

/** @param refuse what is wrong with a complete tree, if anything. */
function choose(
  planning: Planning,
  channel: ChannelView,
  candidates: readonly HeldState[],
  refuse: (nodes: readonly TreeNode[]) => TreeObstacle | undefined,
): TreePlan {
  let passedOver: TreeObstacle | undefined
  for (const held of candidates) {
    if (!isAdmissible(channel, held, planning.family)) continue
    const below = planLocks(planning, held.state)
    if (below.type === 'obstructed') {
      passedOver ??= below.obstacle
      continue
    }
    const nodes = [{ channel, held }, ...below.nodes] as const
    const refusal = refuse(nodes)
    if (refusal === undefined) return { type: 'tree', nodes, passedOver: passedOver ?? below.passedOver }
    passedOver ??= refusal
  }
  // With no obstacle below, no held state was admissible: the record must be repeated and we do not hold its state.
  return { type: 'obstructed', obstacle: passedOver ?? { channelId: channel.id, reason: 'state-unknown' } }
}

type LocksPlan =
  | { readonly type: 'nodes'; readonly nodes: readonly TreeNode[]; readonly passedOver: TreeObstacle | undefined }
  | { readonly type: 'obstructed'; readonly obstacle: TreeObstacle }

function planLocks(planning: Planning, parent: State): LocksPlan {
  const nodes: TreeNode[] = []
  let passedOver: TreeObstacle | undefined
  for (const lock of parent.outcome.locked) {
    if (!planning.family.rules.trees) return obstacle(lock.channelId, 'tree-too-large')
    const below = planLock(planning, parent, lock)
    if (below.type === 'obstructed') return below
    for (const node of below.nodes) nodes.push(node)
    passedOver ??= below.passedOver
    if (nodes.length >= planning.family.room.channels) return obstacle(lock.channelId, 'tree-too-large')
  }
  return { type: 'nodes', nodes, passedOver }
}

function planLock(planning: Planning, parent: State, lock: SubAlloc): LocksPlan {
  const { family, planned, above } = planning
  const channel = family.channels.get(lock.channelId)
  if (channel === undefined) return obstacle(lock.channelId, 'sub-channel-unknown')
  // A channel below itself: its funds cannot add up, and the contract would never come to an end.
  if (above.includes(channel.id)) return obstacle(channel.id, 'lock-mismatch')
  if (above.length > family.room.channels) return obstacle(channel.id, 'tree-too-large')
  const key = `${channel.id} ${lock.balances.join()} ${assetsKey(parent)}`
  const plan = planned.get(key) ?? planChannel({ ...planning, above: [...above, channel.id] }, channel, parent, lock)
  planned.set(key, plan)
  return plan.type === 'obstructed' ? plan : { type: 'nodes', nodes: plan.nodes, passedOver: plan.passedOver }
}

function planChannel(planning: Planning, channel: ChannelView, parent: State, lock: SubAlloc): TreePlan {
  const filling = channel.candidates.filter(({ state }) => lockMatches(parent, lock, state))
  if (filling.length === 0) {
    return { type: 'obstructed', obstacle: { channelId: channel.id, reason: 'lock-mismatch' } }
  }
  return choose(planning, channel, filling, () => undefined)
}

function obstacle(channelId: ChannelId, reason: TreeObstacle['reason']): LocksPlan {
  return { type: 'obstructed', obstacle: { channelId, reason } }
}

/** Whether a channel stands in a tree with two states: it has one record, so the second would be refused. */
function hasTwoStates(nodes: readonly TreeNode[]): boolean {
  const hashes = new Map<ChannelId, StateHash>()
  for (const { channel, held } of nodes) {
    const other = hashes.get(channel.id)
    if (other !== undefined && other !== held.hash) return true
    hashes.set(channel.id, held.hash)
  }
  return false
}

/** Whether registering the tree would put a newer state where an older one stands. */
export function isRefuted(node: TreeNode): boolean {
  return node.channel.record !== undefined && !standsFor(node.channel.record, node.held)
}
