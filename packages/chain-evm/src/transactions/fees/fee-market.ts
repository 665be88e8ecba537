import { type FeeHistory, lowerMedian } from '../node/parse-fee-history.ts'
import type { FeeMarket } from './fee-policy.ts'

/** All that a node says about prices, besides its head. In wei per gas; what it did not tell is `undefined`. */
export interface FeeQuotes {
  /** `eth_maxPriorityFeePerGas`: the tip that the node suggests. */
  readonly suggestedTip: bigint | undefined
  /** `eth_gasPrice`: base fee and tip together. */
  readonly gasPrice: bigint | undefined
  /** `eth_feeHistory`. */
  readonly history: FeeHistory | undefined
}

export interface MarketContext {
  /** The base fee in the head. */
  readonly headBaseFee: bigint
  /** The base fee in the head that was read before. */
  readonly earlierBaseFee: bigint | undefined
  readonly quotes: FeeQuotes
  /** The operator's least tip. */
  readonly minPriorityFeePerGas: bigint
}

const isKnown = (fee: bigint | undefined): fee is bigint => fee !== undefined
const highest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lowest = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/**
 * The median of all that tells of it. Too low a number is mended by the schedule, which raises an offer with time; too high
 * a one is paid. A jump is believed when it is told twice, by two sources or by two heads.
 */
function baseFeeOf({ headBaseFee, earlierBaseFee, quotes }: MarketContext): bigint {
  const told = [headBaseFee, earlierBaseFee, quotes.history?.nextBaseFee, quotes.gasPrice].filter(isKnown)
  return lowerMedian(told) ?? headBaseFee
}

/**
 * The lower one of what the node suggests and twice what blocks were paid. Suggestion and gas price come out of the same
 * program, so they count as one source. One source alone is believed as far as the base fee: more is not needed where
 * nothing else says so.
 */
function tipOf({ headBaseFee, quotes, minPriorityFeePerGas }: MarketContext, baseFee: bigint): bigint {
  const { suggestedTip, gasPrice, history } = quotes
  const inPrice = gasPrice === undefined || gasPrice < headBaseFee ? undefined : gasPrice - headBaseFee
  const suggested = [suggestedTip, inPrice].filter(isKnown).reduce<bigint | undefined>(least, undefined)
  const usual = history?.usualTip
  if (suggested !== undefined && usual !== undefined) return lowest(suggested, 2n * usual)
  return lowest(suggested ?? usual ?? 0n, highest(baseFee, minPriorityFeePerGas))
}

const least = (a: bigint | undefined, b: bigint): bigint => (a === undefined ? b : lowest(a, b))

/** What blocks cost at the moment, so that no single number decides about it. */
export function marketOf(context: MarketContext): FeeMarket {
  const baseFeePerGas = baseFeeOf(context)
  return { baseFeePerGas, priorityFeePerGas: highest(tipOf(context, baseFeePerGas), context.minPriorityFeePerGas) }
}

/**
 * Of two endpoints, what blocks cost where the first one asks for much: the lower of the two, as too little is mended by the
 * schedule. No less than `doubtful` for the base fee, a ceiling that costs nothing by itself: the one that tells less may be wrong
 * as well.
 */
export function lowerMarket(first: FeeMarket, other: FeeMarket, doubtful: bigint): FeeMarket {
  return {
    baseFeePerGas: lowest(first.baseFeePerGas, highest(other.baseFeePerGas, doubtful)),
    priorityFeePerGas: lowest(first.priorityFeePerGas, other.priorityFeePerGas),
  }
}
