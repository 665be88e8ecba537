import type { DisputeAction, Threat } from '../../dispute/decide.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { ChainTime, OnChainRecord } from '../../model/ledger.ts'

/**
 * The answers that a family's disputes were given, each as long as its window is open. By them an improvement is told from a
 * first answer: a newer state than the one that we put there ourselves.
 */
export interface GivenAnswers {
  /** A block included an action. */
  note(action: DisputeAction): void
  /** Whether all that an action would replace is an answer of ours. */
  isImprovement(action: DisputeAction): boolean
  /** Whether any of them still matters. */
  matterAt(now: ChainTime): boolean
}

interface Given {
  readonly version: bigint
  /** Of the record: it names the dispute, as the window stays where it is. */
  readonly timeout: ChainTime | undefined
  /** When nobody asks about it any more. */
  readonly until: ChainTime
}

export function givenAnswers(recordOf: (id: ChannelId) => OnChainRecord | undefined): GivenAnswers {
  const answers = new Map<ChannelId, Given>()

  /**
   * What is older came back with a reorg, what is newer is another's, or it was registered in a window of its own: then a
   * first answer is due.
   */
  function isAnswered({ channelId, registeredVersion }: Threat): boolean {
    const given = answers.get(channelId)
    if (given === undefined || given.timeout !== recordOf(channelId)?.timeout) return false
    return registeredVersion === given.version
  }

  return {
    note(action) {
      for (const { channelId, answerVersion, registeredVersion } of action.threats) {
        // A record of somebody else's that was repeated is no answer of ours.
        if (answerVersion === registeredVersion) continue
        const timeout = recordOf(channelId)?.timeout
        const until = timeout !== undefined && timeout > action.deadline ? timeout : action.deadline
        answers.set(channelId, { version: answerVersion, timeout, until })
      }
    },
    isImprovement: ({ threats }) => threats.every(isAnswered),
    matterAt(now) {
      for (const [id, { until }] of answers) if (until < now) answers.delete(id)
      return answers.size > 0
    },
  }
}
