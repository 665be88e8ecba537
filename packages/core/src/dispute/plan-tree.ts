import type { ChannelId } from '../model/brand.ts'
import type { HeldState, State, SubAlloc } from '../model/channel.ts'
import type { EndangeredReason } from '../model/events.ts'
import { maxTreeSize } from '../model/limits.ts'
import type { ChannelView, FamilyView } from './family.ts'
import { lockMatches } from './lock-rules.ts'
import { isAdmissible, standsFor } from './record-rules.ts'

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
 * The best tree for a family: for each channel the newest state that the contract takes and whose own tree is complete.
 *
 * Cases per channel: not registered, or refutable and older than ours: our newest. Otherwise (at least as new as ours,
 * timed out, force-executed or concluded): exactly the registered state. Where the newest state locks a channel that
 * nobody told us about, the newest older state with a complete tree takes its place.
 *
 * Invariant: a tree that is returned satisfies every rule of `register` that can be known without the chain's help.
 */
export function planTree(family: FamilyView): TreePlan {
  return planChannel({ family, planned: new Map(), depth: 0 }, family.root)
}

interface Planning {
  readonly family: FamilyView
  /** Plans made so far; each channel is planned once however often it is locked. `undefined` while under way. */
  readonly planned: Map<ChannelId, TreePlan | undefined>
  readonly depth: number
}

function planChannel(planning: Planning, channel: ChannelView): TreePlan {
  planning.planned.set(channel.id, undefined)
  const plan = chooseState(planning, channel)
  planning.planned.set(channel.id, plan)
  return plan
}

function chooseState(planning: Planning, channel: ChannelView): TreePlan {
  let passedOver: TreeObstacle | undefined
  for (const held of candidates(channel)) {
    if (!isAdmissible(channel.record, held, planning.family.now)) continue
    const below = planLocks(planning, held.state)
    if (below.type === 'nodes') {
      return { type: 'tree', nodes: [{ channel, held }, ...below.nodes], passedOver: passedOver ?? below.passedOver }
    }
    passedOver ??= below.obstacle
  }
  // With no obstacle below, no held state was admissible: the record must be repeated and we do not hold its state.
  return { type: 'obstructed', obstacle: passedOver ?? { channelId: channel.id, reason: 'state-unknown' } }
}

/** What may stand in a tree, newest first. */
function candidates(channel: ChannelView): readonly HeldState[] {
  const held = [channel.newest, channel.registered, channel.fallback].filter((state) => state !== undefined)
  return held.sort((a, b) => (a.state.version < b.state.version ? 1 : a.state.version > b.state.version ? -1 : 0))
}

type LocksPlan =
  | { readonly type: 'nodes'; readonly nodes: readonly TreeNode[]; readonly passedOver: TreeObstacle | undefined }
  | { readonly type: 'obstructed'; readonly obstacle: TreeObstacle }

function planLocks(planning: Planning, parent: State): LocksPlan {
  const nodes: TreeNode[] = []
  let passedOver: TreeObstacle | undefined
  for (const lock of parent.outcome.locked) {
    const below = planLock(planning, parent, lock)
    if (below.type === 'obstructed') return below
    nodes.push(...below.nodes)
    passedOver ??= below.passedOver
    if (nodes.length >= maxTreeSize) return obstacle(lock.channelId, 'tree-too-large')
  }
  return { type: 'nodes', nodes, passedOver }
}

function planLock(planning: Planning, parent: State, lock: SubAlloc): LocksPlan {
  const channel = planning.family.channels.get(lock.channelId)
  if (channel === undefined) return obstacle(lock.channelId, 'sub-channel-unknown')
  const isUnderWay = planning.planned.has(channel.id) && planning.planned.get(channel.id) === undefined
  // A channel below itself: its funds cannot add up, and the contract would never come to an end.
  if (isUnderWay) return obstacle(channel.id, 'lock-mismatch')
  if (planning.depth >= maxTreeSize) return obstacle(channel.id, 'tree-too-large')
  const deeper = { ...planning, depth: planning.depth + 1 }
  const plan = planning.planned.get(channel.id) ?? planChannel(deeper, channel)
  if (plan.type === 'obstructed') return plan
  if (!lockMatches(parent, lock, plan.nodes[0].held.state)) return obstacle(channel.id, 'lock-mismatch')
  return { type: 'nodes', nodes: plan.nodes, passedOver: plan.passedOver }
}

function obstacle(channelId: ChannelId, reason: TreeObstacle['reason']): LocksPlan {
  return { type: 'obstructed', obstacle: { channelId, reason } }
}

/** Whether registering the tree would put a newer state where an older one stands. */
export function isRefuted(node: TreeNode): boolean {
  return node.channel.record !== undefined && !standsFor(node.channel.record, node.held)
}
