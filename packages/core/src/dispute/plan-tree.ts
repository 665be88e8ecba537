import type { ChannelId } from '../model/brand.ts'
import type { HeldState, State, SubAlloc } from '../model/channel.ts'
import type { EndangeredReason } from '../model/events.ts'
import { standsFor } from '../model/state-identity.ts'
import { type ChannelView, type FamilyView, signedStateOf, type TreeNode } from './family.ts'
import { channelWithTwoStates, type TreeSearch, treeSearch } from './fitting-tree.ts'
import { assetsKey, lockMatches } from './lock-rules.ts'
import { isAdmissible } from './record-rules.ts'
import { registrationExcess, treeSize } from './tree-size.ts'

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
 * Where the newest states below a root state are too large together, or a channel would have two states, older ones take
 * their place (`fitting-tree.ts`): a newer root state goes before anything below it.
 *
 * Invariant: a tree that is returned satisfies every rule of `register` that can be known without the chain's help.
 */
export function planTree(family: FamilyView): TreePlan {
  return planWithCost(family).plan
}

/** A plan, and what making it took. */
export interface CostedPlan {
  readonly plan: TreePlan
  /** Whether size kept any newer state out of the best tree: superseded states that are smaller may help. */
  readonly isShortOfRoom: boolean
  /** The newest states made no tree, so that others were searched: that takes a hundred times as long. */
  readonly isSearched: boolean
}

/** {@link planTree}, and what it took. */
export function planWithCost(family: FamilyView): CostedPlan {
  const { root } = family
  const tooLarge = new Set<ChannelId>()
  const planning: Planning = { family, planned: new Map(), above: [root.id], tooLarge }
  let search: TreeSearch | undefined
  const plan = choose(planning, root, root.candidates, (held, below) => {
    const whole = wholeTree(planning, held, below)
    if (whole.type === 'tree' || !maySucceedOtherwise(family, whole.obstacle)) return whole
    search ??= treeSearch(family, (channel, each) => isAdmissible(channel, each, family))
    const found = search.below(held)
    if (found === undefined) return whole
    const { channelId, reason } = whole.obstacle
    return { type: 'tree', nodes: found.nodes, passedOver: { channelId: found.gaveWay ?? channelId, reason } }
  })
  return { plan, isShortOfRoom: tooLarge.size > 0, isSearched: search !== undefined }
}

/** The tree of a root state with the newest states below it, if the contract and the ledger's limits allow it. */
function wholeTree(planning: Planning, held: HeldState, below: LocksPlan): TreePlan {
  const { root, room } = planning.family
  if (below.type === 'obstructed') return below
  const nodes = [{ channel: root, held }, ...below.nodes] as const
  if (channelWithTwoStates(nodes) !== undefined) return obstacle(root.id, 'lock-mismatch')
  const size = treeSize(
    room,
    nodes.map((node) => signedStateOf(node.channel, node.held)),
  )
  if (registrationExcess(size, room.limits) !== undefined) return withoutRoom(planning, root.id)
  return { type: 'tree', nodes, passedOver: below.passedOver }
}

/** Whether older states below the root could make a tree where the newest ones do not. */
function maySucceedOtherwise({ rules }: FamilyView, { reason }: TreeObstacle): boolean {
  if (!rules.trees) return false
  return reason === 'tree-too-large' || reason === 'lock-mismatch'
}

interface Planning {
  readonly family: FamilyView
  /** Plans made so far, by channel and locked funds; each is made once however often the channel is locked. */
  readonly planned: Map<string, TreePlan>
  /** The channels from the root down to the one being planned. */
  readonly above: readonly ChannelId[]
  /** Where the room was not enough. */
  readonly tooLarge: Set<ChannelId>
}

/** @param complete the tree of one of the states, given what its locks can be filled with. */
function choose(
  planning: Planning,
  channel: ChannelView,
  candidates: readonly HeldState[],
  complete: (held: HeldState, below: LocksPlan) => TreePlan,
): TreePlan {
  let passedOver: TreeObstacle | undefined
  for (const held of candidates) {
    if (!isAdmissible(channel, held, planning.family)) continue
    const plan = complete(held, planLocks(planning, held.state))
    if (plan.type === 'tree') return { ...plan, passedOver: passedOver ?? plan.passedOver }
    passedOver ??= plan.obstacle
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
    if (nodes.length >= planning.family.room.limits.channels) return withoutRoom(planning, lock.channelId)
  }
  return { type: 'nodes', nodes, passedOver }
}

function planLock(planning: Planning, parent: State, lock: SubAlloc): LocksPlan {
  const { family, planned, above } = planning
  const channel = family.channels.get(lock.channelId)
  if (channel === undefined) return obstacle(lock.channelId, 'sub-channel-unknown')
  // A channel below itself: its funds cannot add up, and the contract would never come to an end.
  if (above.includes(channel.id)) return obstacle(channel.id, 'lock-mismatch')
  if (above.length > family.room.limits.channels) return withoutRoom(planning, channel.id)
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
  return choose(planning, channel, filling, (held, below) =>
    below.type === 'obstructed' ? below : { ...below, type: 'tree', nodes: [{ channel, held }, ...below.nodes] },
  )
}

function obstacle(channelId: ChannelId, reason: TreeObstacle['reason']): Extract<TreePlan, { type: 'obstructed' }> {
  return { type: 'obstructed', obstacle: { channelId, reason } }
}

function withoutRoom({ tooLarge }: Planning, id: ChannelId): Extract<TreePlan, { type: 'obstructed' }> {
  tooLarge.add(id)
  return obstacle(id, 'tree-too-large')
}

/** Whether registering the tree would put a newer state where an older one stands. */
export function isRefuted(node: TreeNode): boolean {
  return node.channel.record !== undefined && !standsFor(node.channel.record, node.held)
}
