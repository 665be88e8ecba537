import { raceSignal } from '../../async/race-signal.ts'
import type { Turns } from '../../async/turns.ts'
import { type Defender, type Defenders, defendersOf, yieldsToOther } from '../../dispute/choose-family.ts'
import { type Decision, type DisputeAction, decide, isUnsettled, type Registration } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { ChainTime } from '../../model/ledger.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { FamilyLoader } from './family-loader.ts'
import type { PlanMemory } from './plan-memory.ts'

export interface Assessment extends Decision {
  readonly family: FamilyView | undefined
  /** Whether the family is to be looked at again with every block if there is no action. */
  readonly isOpen: boolean
}

/**
 * Applies the rules to a family as it stands now, with an eye on families that share a channel with it. Many families may
 * share one, and each needs the decision of all: every family is judged once for each change of it and each instant of the
 * chain, and they take turns with other work.
 */
export interface Assessor {
  /** How many families were judged so far. */
  readonly decisions: number
  assess(root: ChannelId, options?: AbortOptions): Promise<Assessment>
  /** Something of the family changed. */
  forget(root: ChannelId): void
  /** Time has passed, though perhaps no block came: what could not be read or done may be possible now. */
  tick(): void
  /** The contract refused an action of the family: where no block comes, its time may be another than the newest block's. */
  noteRefused(root: ChannelId): void
  /** A node refused an action of the family as too large: the next one is smaller. */
  noteTooLarge(root: ChannelId, action: Registration): void
}

export interface AssessorDeps {
  readonly index: ChannelIndex
  readonly familyLoader: FamilyLoader
  readonly planMemory: PlanMemory
  readonly chainClock: Pick<ChainClock, 'head' | 'estimate' | 'otherTimes'>
  readonly turns: Turns<ClientName>
  /** Whether the last attempt of a family failed. */
  readonly hasFailed: (root: ChannelId) => boolean
}

type Judgement = Assessment & { readonly family: FamilyView }

/** A family that changes again and again while others are asked has to do with what was known of those. */
const mostRounds = 3

/** So many judgements are kept at most: what they were made from is in memory as long. */
const mostJudgements = 4096

const atRest: Assessment = { action: undefined, problems: [], isOpen: false, family: undefined }

export function assessor({ index, familyLoader, planMemory, chainClock, turns, hasFailed }: AssessorDeps): Assessor {
  let decisions = 0
  /** All of one instant. */
  let instant: ChainTime | undefined
  const judgements = new Map<ChannelId, Promise<Judgement | undefined>>()
  /** By channel and client: the families that answer a threat to the channel. */
  const tables = new Map<string, Promise<Defenders>>()
  /** Roots that were judged without a member that could not be read. */
  const incomplete = new Set<ChannelId>()
  /** Roots for which the clock may say something else than the newest block. */
  const undecided = new Set<ChannelId>()
  /** How often the contract refused what was to be done for a root. */
  const refusals = new Map<ChannelId, number>()
  /** The tables that name a root. */
  const namedIn = new Map<ChannelId, Set<string>>()

  const clientsOf = (root: ChannelId): readonly ClientName[] => index.get(root)?.clients ?? []

  function startAnew(): void {
    const now = chainClock.head?.timestamp
    if (now === instant) return
    instant = now
    judgements.clear()
    tables.clear()
    namedIn.clear()
    incomplete.clear()
    undecided.clear()
    refusals.clear()
  }

  /** Some channel could not be read: what was decided without it says nothing about what it needs. */
  function isIncomplete({ root, channels }: FamilyView): boolean {
    return index.membersOf(root.id).some(({ id }) => !channels.has(id))
  }

  function decideAt(family: FamilyView): Decision {
    decisions += 1
    return decide(family, (each) => planMemory.plan(each).plan)
  }

  /** What to do by one of the times that it may be; with each refusal another one comes first. */
  function actionByClock(family: FamilyView, byHead: DisputeAction | undefined): DisputeAction | undefined {
    const times = [family.now, ...chainClock.otherTimes]
    const turn = (refusals.get(family.root.id) ?? 0) % times.length
    for (const now of [...times.slice(turn), ...times.slice(0, turn)]) {
      const action = now === family.now ? byHead : decideAt({ ...family, now }).action
      if (action !== undefined) return action
    }
    return undefined
  }

  function judge(loaded: FamilyView): Judgement {
    const family = familyLoader.refresh(loaded)
    const { id } = family.root
    const decision = decideAt(family)
    const lacksMember = isIncomplete(family)
    const isOpen = lacksMember || isUnsettled(family, decision.problems)
    const isUndecided = decision.action === undefined ? isOpen : refusals.has(id)
    if (lacksMember) incomplete.add(id)
    if (isUndecided) undecided.add(id)
    const action = isUndecided ? actionByClock(family, decision.action) : decision.action
    return { ...decision, action, family, isOpen }
  }

  function forget(root: ChannelId): void {
    judgements.delete(root)
    for (const key of namedIn.get(root) ?? []) tables.delete(key)
    namedIn.delete(root)
  }

  async function loadAndJudge(root: ChannelId): Promise<Judgement | undefined> {
    await turns.next(clientsOf(root))
    const loaded = await familyLoader.load(root)
    return loaded && judge(loaded)
  }

  function judgementOf(root: ChannelId): Promise<Judgement | undefined> {
    startAnew()
    const known = judgements.get(root)
    if (known !== undefined) return known
    const made = loadAndJudge(root)
    judgements.set(root, made)
    const [oldest] = judgements.keys()
    if (judgements.size > mostJudgements && oldest !== undefined) judgements.delete(oldest)
    // The next one who asks tries again.
    made.catch(() => judgements.get(root) === made && forget(root))
    return made
  }

  /** What was decided for a channel that is forgotten by now must not be done any more. */
  async function judgementOfHeld(root: ChannelId): Promise<Judgement | undefined> {
    const judgement = await judgementOf(root)
    return index.get(root) === undefined ? undefined : judgement
  }

  function selfOf(root: ChannelId, action: DisputeAction | undefined): Defender {
    return { root, clients: clientsOf(root), isRegistered: index.get(root)?.record !== undefined, action }
  }

  async function defenderOf(root: ChannelId): Promise<Defender> {
    // One that cannot be read is not relied on, and holds up nobody else.
    const judgement = await judgementOf(root).catch(() => undefined)
    return selfOf(root, judgement?.action)
  }

  /** Of the families of one client alone: a stranger's lock must cost nobody else anything. */
  function tableOf(channelId: ChannelId, client: ClientName): Promise<Defenders> {
    startAnew()
    const key = `${channelId} ${client}`
    const known = tables.get(key)
    if (known !== undefined) return known
    const roots = index.rootsOf(channelId).filter((root) => clientsOf(root).includes(client))
    const made = Promise.all(roots.map(defenderOf)).then((families) => defendersOf(channelId, families))
    tables.set(key, made)
    for (const root of roots) {
      const keys = namedIn.get(root)
      if (keys === undefined) namedIn.set(root, new Set([key]))
      else keys.add(key)
    }
    made.catch(() => tables.get(key) === made && tables.delete(key))
    return made
  }

  async function defendersAgainst(
    { threats }: DisputeAction,
    client: ClientName,
  ): Promise<ReadonlyMap<ChannelId, Defenders>> {
    const ids = [...new Set(threats.map(({ channelId }) => channelId))]
    return new Map(await Promise.all(ids.map(async (id) => [id, await tableOf(id, client)] as const)))
  }

  /** Whether it was made of what is known now. */
  function isCurrent(root: ChannelId, { family }: Judgement): boolean {
    startAnew()
    return judgements.has(root) && familyLoader.refresh(family).now === family.now
  }

  async function assess(root: ChannelId, round: number): Promise<Assessment> {
    const judgement = await judgementOfHeld(root)
    if (judgement === undefined) return atRest
    const { action } = judgement
    // What concerns the root itself is for its own family.
    if (action === undefined || action.threats.some(({ channelId }) => channelId === root)) return judgement
    const [client] = clientsOf(root)
    // Nobody's family any more relies on nobody.
    if (client === undefined) return judgement
    const defenders = await defendersAgainst(action, client)
    // From here to the end at one instant: a decision on what was known before the wait may be out of date.
    const isUpToDate = isCurrent(root, judgement)
    if (!isUpToDate && round < mostRounds) {
      forget(root)
      return await assess(root, round + 1)
    }
    const current = isUpToDate ? judgement : judge(judgement.family)
    const self = selfOf(root, current.action)
    const isLeft = yieldsToOther(self, defenders, hasFailed, chainClock.estimate ?? current.family.now)
    // Another family is to act; if it does not, this one will.
    return isLeft ? { ...current, action: undefined, isOpen: true } : current
  }

  return {
    get decisions() {
      return decisions
    },
    assess: (root, { signal } = {}) => raceSignal(assess(root, 1), signal),
    forget,
    tick() {
      for (const root of incomplete) forget(root)
      incomplete.clear()
      if (chainClock.otherTimes.length === 0) return
      for (const root of undecided) forget(root)
      undecided.clear()
    },
    noteRefused(root) {
      startAnew()
      refusals.set(root, (refusals.get(root) ?? 0) + 1)
      forget(root)
    },
    noteTooLarge(root, { channel, subChannels }) {
      familyLoader.noteTooLarge(root, [channel, ...subChannels])
      forget(root)
    },
  }
}
