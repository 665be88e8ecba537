import { assertNever } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { HeldState, SignedState } from '../model/channel.ts'
import type { EndangeredReason } from '../model/events.ts'
import type { ChainTime } from '../model/ledger.ts'
import { isConcludable, isRegisteredElsewhere, overtime, refutationDeadline } from './deadline.ts'
import { type ChannelView, type FamilyView, signedStateOf } from './family.ts'
import { isRefuted, planTree, type TreeNode, type TreeObstacle, type TreePlan } from './plan-tree.ts'
import { isOpenToPlay, isPlayable, playDeadline } from './play-trap.ts'
import { concludableAt, isAdmissible, isRefutable, standsFor } from './record-rules.ts'

/**
 * Something that the chain holds and that must be answered before the deadline: an older state, or, with
 * `answerVersion` equal to `registeredVersion`, our own state where it endangers the root.
 */
export interface Threat {
  readonly channelId: ChannelId
  readonly registeredVersion: bigint
  /** What the action would put in its place. */
  readonly answerVersion: bigint
  /** The first instant at which replacing the record is too late. */
  readonly deadline: ChainTime
  readonly challengeDuration: bigint
  /** The block from which confirmations of the record are counted. */
  readonly recordBlock: bigint
}

/** Something that keeps a newest state from being defended as it should be. */
export interface Problem {
  readonly channelId: ChannelId
  readonly reason: EndangeredReason
  readonly deadline: ChainTime | undefined
  /** The channel that is in the way of a tree, where there is one. */
  readonly blockedBy: ChannelId | undefined
}

/** What to send. `threats` are the records that it would replace; never empty. */
export type DisputeAction = {
  readonly threats: readonly [Threat, ...Threat[]]
  /** When it must be included at the latest to be of full use. */
  readonly deadline: ChainTime
  /** Nothing is known about the time left, or it may be less than it looks: act on the first sight. */
  readonly isUrgent: boolean
} & (
  | { readonly type: 'concludeFinal'; readonly channel: SignedState }
  | {
      readonly type: 'register'
      readonly channel: SignedState
      readonly subChannels: readonly SignedState[]
      /** Whether the root is registered already; if not, the action opens a dispute on it. */
      readonly isRootRegistered: boolean
    }
)

export interface Decision {
  readonly action: DisputeAction | undefined
  readonly problems: readonly Problem[]
}

/**
 * What a family needs, given what the chain holds and what we hold. Pure; called again whenever either changes.
 *
 * 1. The newest root state is final and locks nothing: `concludeFinal` settles it against any older record, even one
 *    that can no longer be refuted.
 * 2. The best tree replaces at least one older record, or forestalls a play that would bar our root: register it.
 * 3. Otherwise nothing is sent; what could not be defended is named.
 */
export function decide(family: FamilyView): Decision {
  const conclusion = concludeFinalAction(family)
  if (conclusion !== undefined) return { action: conclusion, problems: [] }
  const plan = planTree(family)
  const action = plan.type === 'tree' ? registerAction(family, plan.nodes) : undefined
  return { action, problems: problemsOf(family, plan) }
}

function concludeFinalAction({ root, now }: FamilyView): DisputeAction | undefined {
  const { record, newest } = root
  if (record === undefined || record.phase === 'concluded') return undefined
  if (!newest.state.isFinal || newest.state.outcome.locked.length > 0) return undefined
  if (newest.state.version <= record.version) return undefined
  const concludable = concludableAt(root.params, record)
  const deadline = concludable > now ? concludable : now + overtime
  const threat = threatOf(root, newest, deadline)
  if (threat === undefined) return undefined
  const isUrgent = concludable <= now
  return { type: 'concludeFinal', channel: signedStateOf(root, newest), threats: [threat], deadline, isUrgent }
}

function registerAction(family: FamilyView, nodes: readonly [TreeNode, ...TreeNode[]]): DisputeAction | undefined {
  const { root, now } = family
  const [first, ...rest] = nodes
  const refuted = nodes.filter(isRefuted)
  const playable = rest.filter(isPlayable)
  // Registered below a root that we do not watch: once it is played, our own root could not be registered any more.
  const forestalled = root.record === undefined ? playable.filter((node) => !isRefuted(node)) : []
  const [threat, ...otherThreats] = [
    ...refuted.map(({ channel, held }) => threatOf(channel, held, refutationDeadline(channel, family))),
    ...forestalled.map((node) => threatOf(node.channel, node.held, playDeadline(node, now))),
  ].filter((each) => each !== undefined)
  if (threat === undefined) return undefined
  const threats = [threat, ...otherThreats] as const
  const times = [...threats.map(({ deadline }) => deadline), ...playable.map((node) => playDeadline(node, now))]
  const isElsewhere = refuted.some(({ channel }) => isRegisteredElsewhere(channel, root))
  return {
    type: 'register',
    channel: signedStateOf(first.channel, first.held),
    subChannels: rest.map((node) => signedStateOf(node.channel, node.held)),
    isRootRegistered: root.record !== undefined,
    threats,
    deadline: earliest(times, threat.deadline),
    isUrgent: isElsewhere || isConcludable(family) || playable.some((node) => isOpenToPlay(node, now)),
  }
}

function earliest(times: readonly ChainTime[], first: ChainTime): ChainTime {
  return times.reduce((least, time) => (time < least ? time : least), first)
}

function threatOf(channel: ChannelView, answer: HeldState, deadline: ChainTime | undefined): Threat | undefined {
  if (channel.record === undefined || deadline === undefined) return undefined
  return {
    channelId: channel.id,
    registeredVersion: channel.record.version,
    answerVersion: answer.state.version,
    deadline,
    challengeDuration: channel.params.challengeDuration,
    recordBlock: channel.record.blockNumber,
  }
}

/** Every channel whose newest state is not the one that would stand after the plan was carried out. */
function problemsOf(family: FamilyView, plan: TreePlan): readonly Problem[] {
  switch (plan.type) {
    case 'tree':
      return plan.nodes.flatMap((node) => problemsOfNode(family, node, plan.passedOver))
    case 'obstructed':
      return [...family.channels.values()].flatMap((channel) => problemsWithoutTree(family, channel, plan.obstacle))
    default:
      return assertNever(plan)
  }
}

function problemsWithoutTree(family: FamilyView, channel: ChannelView, obstacle: TreeObstacle): readonly Problem[] {
  // Nothing of the root is registered, and nothing can be: an old state of it would stand.
  const isHelpless =
    channel.id === family.root.id && channel.record === undefined && obstacle.reason === 'state-unknown'
  if (isHelpless) return [obstructed(family, channel, obstacle)]
  if (hasRival(channel)) return [problem(family, channel, 'same-version')]
  const { record, newest } = channel
  if (record === undefined || newest.state.version <= record.version) return []
  const isLost = !isRefutable(record, family.now)
  return [isLost ? problem(family, channel, 'too-late') : obstructed(family, channel, obstacle)]
}

function problemsOfNode(
  family: FamilyView,
  { channel, held }: TreeNode,
  obstacle: TreeObstacle | undefined,
): readonly Problem[] {
  if (hasRival(channel)) return [problem(family, channel, 'same-version')]
  // Nothing is in danger before something is registered.
  if (channel.record === undefined || held.state.version >= channel.newest.state.version) return []
  const isBarred = !isAdmissible(channel.record, channel.newest, family.now)
  if (isBarred || obstacle === undefined) return [problem(family, channel, 'too-late')]
  return [obstructed(family, channel, obstacle)]
}

function problem(family: FamilyView, channel: ChannelView, reason: EndangeredReason): Problem {
  return {
    channelId: channel.id,
    reason,
    deadline: refutationDeadline(channel, family),
    blockedBy: undefined,
  }
}

function obstructed(family: FamilyView, channel: ChannelView, obstacle: TreeObstacle): Problem {
  return { ...problem(family, channel, obstacle.reason), blockedBy: obstacle.channelId }
}

/** The chain holds another state with our version: both were signed by everybody, and the contract keeps its own. */
function hasRival({ record, newest }: ChannelView): boolean {
  return record !== undefined && record.version === newest.state.version && !standsFor(record, newest)
}
