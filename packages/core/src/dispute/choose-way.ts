import type { DisputeAction } from './decide.ts'

/** Blocks that a conclusion may cost which comes to nothing: it, another one, and then the registration with room to spare. */
const blocksForTwoWays = 10n

export interface Circumstances {
  /** Whether a conclusion of this family came to nothing before. */
  readonly wasRefused: boolean
  /** Until the deadline of the action. */
  readonly secondsLeft: bigint
  readonly secondsPerBlock: bigint
}

/**
 * Which of two ways to go. A conclusion ends the matter in one transaction, so it is tried first while there is time for
 * both; whoever holds the assets can make it fail, in a simulation or only in a block. A registration they cannot stop, so
 * it is sent as soon as a conclusion came to nothing, and without one where time is short.
 */
export function wayToGo(action: DisputeAction, circumstances: Circumstances): DisputeAction {
  if (action.type === 'register' || action.secondWay === undefined) return action
  const { wasRefused, secondsLeft, secondsPerBlock } = circumstances
  const isShort =
    secondsLeft * 2n < action.threats[0].challengeDuration || secondsLeft < secondsPerBlock * blocksForTwoWays
  return wasRefused || isShort ? action.secondWay : action
}
