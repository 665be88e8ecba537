import type { DisputeAction, Threat } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import type { Standing } from '../../dispute/improvement.ts'
import { hasSameFunds } from '../../dispute/lock-rules.ts'
import type { ChannelId, StateHash } from '../../model/brand.ts'
import type { SignedState } from '../../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../../model/ledger.ts'
import { isRecordOf } from '../../model/state-identity.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import { statesOf } from './action-key.ts'

/** An answer of ours that stands. */
export interface StandingAnswer extends Standing {
  /** Something newer was held when it was sent, by whichever client, and something in the way kept it from being registered. */
  readonly isPartial: boolean
  /** Nothing of our root was registered before: what it answered stands below another root as well, which may end it at any moment. */
  readonly isElsewhere: boolean
}

/**
 * What we sent to be registered, each as long as its window is open. By it an improvement is told from a first answer: the
 * ledger holds what we put there, and clients have given us something newer since.
 *
 * Only in memory: after a restart everything is answered as if for the first time, which costs a transaction, and improvements
 * of what is left of the window, at most.
 */
export interface GivenAnswers {
  /**
   * An action of a family is about to be sent: whatever becomes of it, a block may include it.
   *
   * @returns to be called where nothing came of it: then what somebody else registers is no answer of ours, even if it is the same.
   */
  noteAttempt(family: FamilyView, action: DisputeAction): () => void
  /** A block may have included it: from then on its time counts. */
  noteInclusion(action: DisputeAction): void
  /**
   * The answers of ours that an action would replace, the latest of them where there are several; `undefined`: it answers
   * something else as well, and is a first answer.
   */
  replacedBy(root: ChannelId, action: DisputeAction): StandingAnswer | undefined
  /** Whether what the ledger holds of the channel is an answer of ours, as seen from a family. */
  standsFor(root: ChannelId, id: ChannelId): boolean
  /** Forgets what can be replaced no more. */
  forget(): void
}

/** A state that was sent for a family. */
interface Sent {
  readonly root: ChannelId
  readonly hash: StateHash | undefined
  readonly isPartial: boolean
  readonly isImprovement: boolean
}

interface Landed {
  readonly version: bigint
  readonly at: ChainTime
  readonly improvements: number
}

interface Given {
  /** Of the record: it names the dispute, as the window stays where it is. `undefined`: our registration opens it. */
  timeout: ChainTime | undefined
  /** By version. */
  readonly sent: Map<bigint, Sent>
  /** The newest of them that was seen on the ledger. */
  landed: Landed | undefined
  /** Whether any of them was sent while nothing of our root was registered. */
  isElsewhere: boolean
  /** When nobody asks about it any more. */
  until: ChainTime
}

/** States of one channel that may still be under way at most: plans that replace each other do so ever more rarely. */
const mostSent = 64

export interface GivenAnswersDeps {
  readonly index: Pick<ChannelIndex, 'get'>
  readonly chainClock: Pick<ChainClock, 'head' | 'estimate' | 'secondsPerBlock'>
}

export function givenAnswers({ index, chainClock }: GivenAnswersDeps): GivenAnswers {
  const answers = new Map<ChannelId, Given>()

  const recordOf = (id: ChannelId): OnChainRecord | undefined => index.get(id)?.record

  /** When the record was made, never later than now. */
  function timeOf({ blockNumber }: OnChainRecord, now: ChainTime): ChainTime {
    const { head, secondsPerBlock } = chainClock
    if (head === undefined || blockNumber >= head.number) return now
    const made = head.timestamp - (head.number - blockNumber) * secondsPerBlock
    return made < now ? made : now
  }

  /** What of ours the record of a channel is. */
  function standing(
    id: ChannelId,
  ): { readonly given: Given; readonly sent: Sent; readonly landed: Landed } | undefined {
    const given = answers.get(id)
    const record = recordOf(id)
    if (given === undefined || record === undefined) return undefined
    const sent = sentFor(given, record)
    const landed = sent && landing(given, sent, record)
    return sent && landed && { given, sent, landed }
  }

  function landing(given: Given, sent: Sent, record: OnChainRecord): Landed | undefined {
    const { landed } = given
    const { version, timeout } = record
    const now = chainClock.estimate
    const isKnown = landed?.version === version
    // Not in the future: then the time was wrong that it was taken from.
    if (isKnown && (now === undefined || landed.at <= now)) return landed
    // An older one came back with a reorg.
    if (now === undefined || (landed !== undefined && landed.version > version)) return undefined
    const improvements = (landed?.improvements ?? 0) + (sent.isImprovement && !isKnown ? 1 : 0)
    given.landed = { version, at: timeOf(record, now), improvements }
    given.timeout = timeout
    return given.landed
  }

  function answerOf(root: ChannelId, id: ChannelId): StandingAnswer | undefined {
    const found = standing(id)
    if (found === undefined) return undefined
    const { given, sent, landed } = found
    // What another family put there although more was held is no answer for this one.
    if (sent.isPartial && sent.root !== root) return undefined
    const { isElsewhere } = given
    return { at: landed.at, improvements: landed.improvements, isPartial: sent.isPartial, isElsewhere }
  }

  function answerTo(
    root: ChannelId,
    { channelId, answerVersion, registeredVersion }: Threat,
  ): StandingAnswer | undefined {
    // Our own state that endangers the root is no answer to that danger.
    return answerVersion > registeredVersion ? answerOf(root, channelId) : undefined
  }

  function replacedBy(root: ChannelId, { threats }: DisputeAction): StandingAnswer | undefined {
    const found = threats.map((threat) => answerTo(root, threat)).filter((answer) => answer !== undefined)
    return found.length < threats.length ? undefined : found.reduce(combined)
  }

  /** @returns undoes it, unless an earlier attempt may have been sent. */
  function note(family: FamilyView, action: DisputeAction, isImprovement: boolean, { state }: SignedState): () => void {
    const { channelId: id, version } = state
    const channel = family.channels.get(id)
    const record = recordOf(id)
    // What repeats the record is no answer.
    if (channel === undefined || (record !== undefined && record.version >= version)) return () => {}
    const given = givenIn(record, action, answers.get(id))
    const rest = channel.candidates.filter((held) => held.state.version > version)
    const isPartial =
      rest.some((held) => hasSameFunds(held.state, state)) && given.sent.get(version)?.isPartial !== false
    const hash = channel.candidates.find((held) => held.state === state)?.hash
    const before = given.sent.get(version)
    const sent = { root: family.root.id, hash, isPartial, isImprovement }
    given.sent.set(version, sent)
    for (const [oldest] of given.sent) {
      if (given.sent.size <= mostSent) break
      given.sent.delete(oldest)
    }
    answers.set(id, given)
    return () => {
      if (before === undefined && given.sent.get(version) === sent) given.sent.delete(version)
    }
  }

  return {
    noteAttempt(family, action) {
      const isImprovement = replacedBy(family.root.id, action) !== undefined
      const undone = statesOf(action).map((signed) => note(family, action, isImprovement, signed))
      return () => {
        for (const undo of undone) undo()
      }
    },
    noteInclusion(action) {
      for (const { state } of statesOf(action)) standing(state.channelId)
    },
    replacedBy,
    standsFor: (root, id) => answerOf(root, id) !== undefined,
    forget() {
      const now = chainClock.estimate
      if (now === undefined) return
      for (const [id, { until }] of answers) if (until < now) answers.delete(id)
    },
  }
}

/** What is known of the window of this record, with one more attempt. */
function givenIn(record: OnChainRecord | undefined, action: DisputeAction, known: Given | undefined): Given {
  const isSameWindow = known !== undefined && (known.timeout === undefined || known.timeout === record?.timeout)
  const given: Given = isSameWindow
    ? known
    : { timeout: undefined, sent: new Map(), landed: undefined, isElsewhere: false, until: action.deadline }
  given.timeout ??= record?.timeout
  given.isElsewhere ||= record !== undefined && opensRoot(action)
  given.until = later(action.deadline, record?.timeout ?? action.deadline)
  return given
}

const opensRoot = (action: DisputeAction): boolean => action.type === 'register' && !action.isRootRegistered

/** `undefined`: it is somebody else's, or was registered in a window of its own. */
function sentFor({ timeout, sent }: Given, record: OnChainRecord): Sent | undefined {
  const { version, phase } = record
  if (phase !== 'dispute' || (timeout !== undefined && timeout !== record.timeout)) return undefined
  const found = sent.get(version)
  return found?.hash === undefined || isRecordOf(record, { version, hash: found.hash }) ? found : undefined
}

const later = (a: ChainTime, b: ChainTime): ChainTime => (a > b ? a : b)

/** Of several that are replaced together: our last registration made all of them as new as we could. */
function combined(a: StandingAnswer, b: StandingAnswer): StandingAnswer {
  return {
    at: later(a.at, b.at),
    improvements: Math.max(a.improvements, b.improvements),
    isPartial: a.isPartial || b.isPartial,
    isElsewhere: a.isElsewhere || b.isElsewhere,
  }
}
