import type { ChainTime } from '../model/ledger.ts'

/** An answer of ours that stands on the ledger. */
export interface Standing {
  /** When a block included it. */
  readonly at: ChainTime
  /** How many improvements were made before, in the same window. */
  readonly improvements: number
}

/** How much time there is to put something newer in its place. */
export interface ImprovementRoom {
  /** When it must be included at the latest. */
  readonly deadline: ChainTime
  /** Seconds. */
  readonly challengeDuration: bigint
  /** Anybody may end the dispute at any moment, long before the deadline. */
  readonly isUrgent: boolean
  readonly secondsPerBlock: bigint
}

/** So many doublings are longer than any window. */
const mostDoublings = 24

/** To be sent, to be outbid once, and to be included. */
const blocksOfLead = 3n

/** Seconds that an endpoint may take for what has to be asked before sending, where blocks are faster than that. */
const secondsOfLead = 12n

/** Improvements that are left for the last blocks. */
const reserve = 3

/**
 * The first instant at which an answer may be improved because we hold a newer state by now: when half of the time that was
 * left has passed, so that a client who publishes without pause costs the logarithm of the window, and each improvement has
 * as much time left as it waited. But no later than what an inclusion takes before the deadline; after that at once, as far as
 * a dispute may cost, and in the last blocks in any case.
 *
 * Where anybody may end it at any moment half of the time may be too long: there the distances grow from a block on.
 */
export function improvableAt(standing: Standing, room: ImprovementRoom): ChainTime {
  const { at, improvements } = standing
  const { deadline, isUrgent, secondsPerBlock } = room
  const left = deadline - at
  if (left <= secondsPerBlock * blocksOfLead) return at
  const last = deadline - leadSeconds(secondsPerBlock)
  if (at >= last && isAffordable(standing, room, reserve)) return at
  const half = (left + 1n) / 2n
  const grown = secondsPerBlock * 2n ** BigInt(Math.min(improvements, mostDoublings))
  const due = at + (isUrgent && grown < half ? grown : half)
  return at < last && last < due ? last : due
}

/** How long before a deadline a transaction must be sent to be included in time. */
export function leadSeconds(secondsPerBlock: bigint): bigint {
  const inBlocks = secondsPerBlock * blocksOfLead
  return inBlocks > secondsOfLead ? inBlocks : secondsOfLead
}

/** Whether another improvement, however soon, is within the logarithm of the window, counted in blocks. */
export function isAffordable(
  { improvements }: Pick<Standing, 'improvements'>,
  { challengeDuration, secondsPerBlock }: Pick<ImprovementRoom, 'challengeDuration' | 'secondsPerBlock'>,
  kept = 0,
): boolean {
  return improvements + kept < mostImprovements(challengeDuration, secondsPerBlock)
}

/** How many improvements a dispute may cost: how often its window can be halved down to a block. */
export function mostImprovements(challengeDuration: bigint, secondsPerBlock: bigint): number {
  const blocks = challengeDuration / (secondsPerBlock > 0n ? secondsPerBlock : 1n)
  return blocks <= 1n ? 0 : (blocks - 1n).toString(2).length
}
