import type { DisputeAction, Threat } from '../../dispute/decide.ts'
import { type Answered, type ImprovementRoom, improvableAt, mostImprovements } from '../../dispute/improvement.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { ChainTime, OnChainRecord } from '../../model/ledger.ts'

/**
 * The answers that a family's disputes were given, each as long as its window is open. By them an improvement is told from a
 * first answer: a newer state than the one that we put there ourselves.
 */
export interface GivenAnswers {
  /**
   * A block of this time included an action.
   *
   * @param isPartial - a newer state was held when it was sent, but could not be registered.
   */
  note(action: DisputeAction, at: ChainTime, isPartial: boolean): void
  /** Whether all that an action would replace is an answer of ours. */
  isImprovement(action: DisputeAction): boolean
  /** When an improvement is due. */
  dueAt(action: DisputeAction, secondsPerBlock: bigint): ChainTime
  /** Whether an improvement makes up for an answer that could not be what it should have been. */
  isMakeUp(action: DisputeAction): boolean
  /** Whether an improvement is within what its dispute may cost, however soon it comes. */
  isAffordable(action: DisputeAction, secondsPerBlock: bigint): boolean
  /** Whether any of them still matters. */
  matterAt(now: ChainTime): boolean
}

interface Given extends Answered {
  readonly version: bigint
  readonly isPartial: boolean
  /** Of the record: it names the dispute, as the window stays where it is. */
  readonly timeout: ChainTime | undefined
  /** When nobody asks about it any more. */
  readonly until: ChainTime
}

export function givenAnswers(recordOf: (id: ChannelId) => OnChainRecord | undefined): GivenAnswers {
  const answers = new Map<ChannelId, Given>()

  function answerTo({ channelId, registeredVersion }: Threat): Given | undefined {
    const given = answers.get(channelId)
    // What is older came back with a reorg, what is newer is another's, or it was registered in a window of its own: then
    // a first answer is due.
    const isSame = given !== undefined && given.timeout === recordOf(channelId)?.timeout
    return isSame && registeredVersion === given.version ? given : undefined
  }

  function answersTo({ threats }: DisputeAction): readonly Given[] {
    return threats.map(answerTo).filter((given) => given !== undefined)
  }

  return {
    note(action, at, isPartial) {
      for (const threat of action.threats) {
        const { channelId, answerVersion, registeredVersion } = threat
        // A record of somebody else's that was repeated is no answer of ours.
        if (answerVersion === registeredVersion) continue
        const improvements = (answerTo(threat)?.improvements ?? -1) + 1
        const timeout = recordOf(channelId)?.timeout
        const until = timeout !== undefined && timeout > action.deadline ? timeout : action.deadline
        answers.set(channelId, { version: answerVersion, isPartial, timeout, at, improvements, until })
      }
    },
    isImprovement: (action) => answersTo(action).length === action.threats.length,
    dueAt(action, secondsPerBlock) {
      const room: ImprovementRoom = { deadline: action.deadline, isUrgent: action.isUrgent, secondsPerBlock }
      const times = answersTo(action).map((given) => improvableAt(given, room))
      return times.reduce((least, time) => (time < least ? time : least), action.deadline)
    },
    isMakeUp: (action) => answersTo(action).some(({ isPartial }) => isPartial),
    isAffordable: (action, secondsPerBlock) =>
      answersTo(action).every(
        ({ improvements }) => improvements < mostImprovements(action.threats[0].challengeDuration, secondsPerBlock),
      ),
    matterAt(now) {
      for (const [id, { until }] of answers) if (until < now) answers.delete(id)
      return answers.size > 0
    },
  }
}
