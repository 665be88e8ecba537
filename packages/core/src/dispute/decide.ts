import { assertNever } from '../errors/watcher-error.ts'
import type { ChannelId, StateHash } from '../model/brand.ts'
import type { HeldState, SignedState } from '../model/channel.ts'
import type { EndangeredReason } from '../model/events.ts'
import type { ChainTime } from '../model/ledger.ts'
import { identityOf, standsFor } from '../model/state-identity.ts'
import { isAtMercy, isRegisteredElsewhere, lastsUntil, overtime, refutationDeadline, windowEnd } from './deadline.ts'
import { type ChannelView, type FamilyView, signedStateOf, type TreeNode } from './family.ts'
import { isRefuted, planTree, type TreeObstacle, type TreePlan } from './plan-tree.ts'
import { isOpenToPlay, playDeadline } from './play-trap.ts'
import { isAdmissible, isBeatenByFinal, isInDoubt, isRefutable } from './record-rules.ts'

/**
 * Something that the chain holds and that must be answered before the deadline: an older state, or, with
 * `answerVersion` equal to `registeredVersion`, our own state where it endangers the root.
 */
export interface Threat {
  readonly channelId: ChannelId
  readonly registeredVersion: bigint
  /** What the action would put in its place. */
  readonly answerVersion: bigint
  readonly answerHash: StateHash
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

interface Answer {
  /** The records that it would replace; never empty. */
  readonly threats: readonly [Threat, ...Threat[]]
  /** When it must be included at the latest to be of full use. */
  readonly deadline: ChainTime
  /** Nothing is known about the time left, or it may be less than it looks: act on the first sight. */
  readonly isUrgent: boolean
}

export interface Registration extends Answer {
  readonly type: 'register'
  readonly channel: SignedState
  readonly subChannels: readonly SignedState[]
  /** Whether the root is registered already; if not, the action opens a dispute on it. */
  readonly isRootRegistered: boolean
}

export interface FinalConclusion extends Answer {
  readonly type: 'concludeFinal'
  readonly channel: SignedState
  /**
   * The same state registered like any other. A conclusion calls the contracts that hold the assets, which may be broken or
   * hostile; a registration calls none of them, and nothing can take a final state's place. `undefined`: the window is over.
   */
  readonly secondWay: Registration | undefined
}

/** What to send. */
export type DisputeAction = FinalConclusion | Registration

export interface Decision {
  readonly action: DisputeAction | undefined
  readonly problems: readonly Problem[]
}

/**
 * What a family needs, given what the chain holds and what we hold. Pure; called again whenever either changes.
 *
 * 1. The newest root state is final and locks nothing: `concludeFinal` settles it against any other record, of whatever
 *    version, even one that can no longer be refuted; within its window an older one can be refuted as well.
 * 2. The best tree replaces at least one older record, or forestalls a play that would bar our root: register it.
 * 3. Otherwise nothing is sent; what could not be defended is named.
 */
export function decide(family: FamilyView, planOf: (family: FamilyView) => TreePlan = planTree): Decision {
  const conclusion = concludeFinalAction(family)
  if (conclusion !== undefined) return { action: conclusion, problems: [] }
  const plan = planOf(family)
  const registration = plan.type === 'tree' ? registerAction(family, plan.nodes) : undefined
  const problems = problemsOf(family, plan)
  const missing = registration && missingFor(family, plan, registration)
  if (missing === undefined) return { action: registration, problems }
  return { action: undefined, problems: [...problems, obstructed(family, family.root, missing)] }
}

/**
 * Whether a family for which nothing can be done now has to be looked at again with every block, though nothing changes. Only
 * the chain ends a dispute: what looks lost or hopeless is decided anew until something is concluded.
 */
export function isUnsettled({ channels }: FamilyView, problems: readonly Problem[]): boolean {
  return (
    problems.some(({ channelId }) => channels.get(channelId)?.record?.phase !== 'concluded') ||
    [...channels.values()].some(({ record, newest }) => isInDoubt(record, identityOf(newest)))
  )
}

function concludeFinalAction(family: FamilyView): FinalConclusion | undefined {
  const { root, rules } = family
  const { record, newest } = root
  if (record === undefined || !isBeatenByFinal(record, rules) || standsFor(record, newest)) return undefined
  if (!newest.state.isFinal || newest.state.outcome.locked.length > 0) return undefined
  const deadline = lastsUntil(root, family)
  const threat = threatOf(root, newest, deadline)
  if (deadline === undefined || threat === undefined) return undefined
  const channel = signedStateOf(root, newest)
  const isUrgent = isAtMercy(root, family)
  const secondWay = isAdmissible(root, newest, family)
    ? registerAction(family, [{ channel: root, held: newest }])
    : undefined
  return { type: 'concludeFinal', channel, threats: [threat], deadline, isUrgent, secondWay }
}

/**
 * The conclusion of a final state that stands already: nothing can take its place any more, but only a conclusion pays it
 * out. That is up to the clients, unless a conclusion was tried and had to be put off.
 */
export function owedConclusion({ root, rules, now }: FamilyView): FinalConclusion | undefined {
  const { record, newest } = root
  if (record === undefined || record.phase === 'concluded' || !standsFor(record, newest)) return undefined
  if (rules.finalWins === 'never') return undefined
  if (!newest.state.isFinal || newest.state.outcome.locked.length > 0) return undefined
  const deadline = now + overtime
  const threat = threatOf(root, newest, deadline)
  if (threat === undefined) return undefined
  const channel = signedStateOf(root, newest)
  return { type: 'concludeFinal', channel, threats: [threat], deadline, isUrgent: true, secondWay: undefined }
}

/**
 * What is worth waiting for: an older root state would be registered although nothing of the root is, because a registered
 * state below it is not known. It may still be recovered or brought by a client until half of the window has passed.
 */
function missingFor(family: FamilyView, plan: TreePlan, { deadline, threats }: Registration): TreeObstacle | undefined {
  const { root, channels, now } = family
  if (root.record !== undefined || plan.type !== 'tree' || plan.nodes[0].held === root.newest) return undefined
  // By the record itself: at mercy the deadline of the action moves on with the clock.
  const threatened = channels.get(threats[0].channelId)
  const end = (threatened && windowEnd(threatened, family)) ?? deadline
  const ends = end < deadline ? end : deadline
  const isEarly = (ends - now) * 2n > threats[0].challengeDuration
  return isEarly && plan.passedOver?.reason === 'state-unknown' ? plan.passedOver : undefined
}

function registerAction(family: FamilyView, nodes: readonly [TreeNode, ...TreeNode[]]): Registration | undefined {
  const { root } = family
  const [first, ...rest] = nodes
  const refuted = nodes.filter(isRefuted)
  const plays = rest.flatMap((node) => {
    const deadline = playDeadline(node, family)
    return deadline === undefined ? [] : [{ node, deadline }]
  })
  // Registered below a root that we do not watch: once it is played, our own root could not be registered any more.
  const forestalled = root.record === undefined ? plays.filter(({ node }) => !isRefuted(node)) : []
  const [threat, ...otherThreats] = [
    ...refuted.map(({ channel, held }) => threatOf(channel, held, refutationDeadline(channel, family))),
    ...forestalled.map(({ node, deadline }) => threatOf(node.channel, node.held, deadline)),
  ].filter((each) => each !== undefined)
  if (threat === undefined) return undefined
  const threats = [threat, ...otherThreats] as const
  const times = [...threats, ...plays].map(({ deadline }) => deadline)
  const isElsewhere = refuted.some(({ channel }) => isRegisteredElsewhere(channel, root))
  return {
    type: 'register',
    channel: signedStateOf(first.channel, first.held),
    subChannels: rest.map((node) => signedStateOf(node.channel, node.held)),
    isRootRegistered: root.record !== undefined,
    threats,
    deadline: earliest(times, threat.deadline),
    isUrgent: isElsewhere || isAtMercy(root, family) || rest.some((node) => isOpenToPlay(node, family)),
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
    answerHash: answer.hash,
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
  const { record, newest } = channel
  if (hasOther(channel)) return [problem(family, channel, reasonOfOther(channel, family))]
  if (record === undefined || newest.state.version <= record.version) return []
  const isLost = !isRefutable(record, family)
  return [isLost ? problem(family, channel, 'too-late') : obstructed(family, channel, obstacle)]
}

function problemsOfNode(
  family: FamilyView,
  { channel, held }: TreeNode,
  obstacle: TreeObstacle | undefined,
): readonly Problem[] {
  if (hasOther(channel)) return [problem(family, channel, reasonOfOther(channel, family))]
  // Nothing is in danger before something is registered.
  if (channel.record === undefined || held.state.version >= channel.newest.state.version) return []
  const isBarred = !isAdmissible(channel, channel.newest, family)
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

/** The chain holds another state with the version of our newest. */
function hasOther({ record, newest }: ChannelView): boolean {
  return record?.stateHash !== undefined && record.version === newest.state.version && !standsFor(record, newest)
}

/**
 * Within the window everybody signed the other state as well, and the contract keeps its own. A move made it, or may have
 * made it, where the app was played: it follows a state from before ours.
 */
function reasonOfOther({ params, record }: ChannelView, { rules }: FamilyView): EndangeredReason {
  const canBePlayed = params.app !== undefined && rules.apps
  return record?.phase === 'dispute' || !canBePlayed ? 'same-version' : 'too-late'
}
