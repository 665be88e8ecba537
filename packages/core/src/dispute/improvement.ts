import type { ChainTime } from '../model/ledger.ts'

/** An answer of ours that stands, or was followed by something newer. */
export interface Answered {
  /** When a block included it. */
  readonly at: ChainTime
  /** How many improvements of the first answer went before it. */
  readonly improvements: number
}

export interface ImprovementRoom {
  /** When it must be included at the latest. */
  readonly deadline: ChainTime
  /** Anybody may end the dispute at any moment: there is no time left to speak of. */
  readonly isUrgent: boolean
  readonly secondsPerBlock: bigint
}

/** So many doublings are longer than any window. */
const mostDoublings = 24

/**
 * The first instant at which an answer may be improved because we hold a newer state by now: when half of the time that was
 * left has passed, so that a client who publishes without pause costs the logarithm of the window, and each improvement has
 * as much time left as it waited. Where no more than two blocks are left, or it can end at any moment, the halves are
 * shorter than blocks, or unknown: at once there, and at longer and longer distances here.
 */
export function improvableAt(
  { at, improvements }: Answered,
  { deadline, isUrgent, secondsPerBlock }: ImprovementRoom,
): ChainTime {
  const left = deadline - at
  const half = left <= 2n * secondsPerBlock ? at : at + (left + 1n) / 2n
  if (!isUrgent) return half
  const distance = improvements === 0 ? 0n : secondsPerBlock * 2n ** BigInt(Math.min(improvements - 1, mostDoublings))
  // Never later than where the end is known.
  return at + distance < half ? at + distance : half
}

/** How many improvements a dispute may cost: the logarithm of its window, counted in blocks. */
export function mostImprovements(challengeDuration: bigint, secondsPerBlock: bigint): number {
  const blocks = challengeDuration / (secondsPerBlock > 0n ? secondsPerBlock : 1n)
  return blocks <= 1n ? 0 : blocks.toString(2).length - 1
}
