/**
 * What to offer for a transaction, as pure functions. All amounts are in wei per gas.
 *
 * A transaction has two fees (EIP-1559): `maxFeePerGas` is a ceiling that costs nothing by itself, the tip
 * (`maxPriorityFeePerGas`) is what blocks are won with. Nodes accept a replacement only if it raises *both* by 10 % (geth,
 * erigon, nethermind, besu) or 12.5 % (some), so a transaction whose ceiling has arrived at the operator's cap can never
 * again raise its tip. Hence the rule that all of this file keeps: as long as there is time, the ceiling stays one legal
 * step below the cap (the *top of the ladder*); the last step, shortly before the deadline, offers the cap in both.
 */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** What the operator is ready to pay. All in wei per gas. */
export interface FeeLimits {
  /** No transaction ever offers more than this, base fee and tip together. Just before a deadline it is offered in full. */
  readonly maxFeePerGasCap: bigint
  /** Never tip less, whatever the node suggests. Default: what is usual on the chain with this id; 1 gwei on an unknown one. */
  readonly minPriorityFeePerGas?: bigint
}

/** What blocks cost at the moment. */
export interface FeeMarket {
  readonly baseFeePerGas: bigint
  /** The tip that gets a transaction into one of the next blocks. */
  readonly priorityFeePerGas: bigint
}

/** The chain time in which a transaction is worth including, in seconds. */
export interface InclusionWindow {
  readonly start: bigint
  /** The first instant at which inclusion is worthless. */
  readonly deadline: bigint
}

const highest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lowest = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** One, in parts per million. */
export const ppm = 1_000_000n

/** The cap is offered this long before the deadline, where the window has room for it: three blocks of Ethereum. */
const finalStretchSeconds = 36n

/** In a short window, the last offer has no more than this part of it: the market's price comes first. */
const shortestPart = 3n

/**
 * How much of a window is used up, in parts per million, counted so that {@link ppm} is reached a tenth of the window (and
 * no less than 36 seconds, or a third of a shorter window) before the deadline: the last and best offer needs blocks to be
 * included in.
 */
export function windowUsed(window: InclusionWindow, now: bigint): bigint {
  const whole = window.deadline - window.start
  const stretch = highest(whole / 10n, lowest(finalStretchSeconds, whole / shortestPart))
  const length = whole - stretch
  const used = now - window.start
  if (length <= 0n || used >= length) return ppm
  return used <= 0n ? 0n : (used * ppm) / length
}

/** The least that a replacement must offer: 12.5 % more, rounded up. */
export function bumped(fee: bigint): bigint {
  return (fee * 9n + 7n) / 8n
}

/** The highest fee from which a legal step to the cap is left. */
function topOfLadder(cap: bigint): bigint {
  return (cap * 8n) / 9n
}

/** How far the ceiling may climb by the schedule alone: from half the cap to the top of the ladder. */
function ladder(used: bigint, cap: bigint): bigint {
  const half = cap / 2n
  return half + ((topOfLadder(cap) - half) * used) / ppm
}

/**
 * What to offer when so much of the window is used. Never falls as `used` grows, and never exceeds the cap.
 *
 * The tip rises with the cube of the time used: a quarter into the window it is still the market's, because then the
 * likelier reason for waiting is not the price. The ceiling leaves room for the base fee to double.
 */
export function scheduledFees(market: FeeMarket, used: bigint, cap: bigint): Fees {
  const top = topOfLadder(cap)
  if (used >= ppm || market.baseFeePerGas > top) return { maxFeePerGas: cap, maxPriorityFeePerGas: cap }
  const start = lowest(market.priorityFeePerGas, cap)
  const tip = start + ((cap - start) * used ** 3n) / ppm ** 3n
  const comfortable = 2n * market.baseFeePerGas + tip
  const needed = bumped(market.baseFeePerGas) + tip
  const maxFeePerGas = lowest(top, lowest(comfortable, highest(needed, ladder(used, cap))))
  return { maxFeePerGas, maxPriorityFeePerGas: lowest(tip, maxFeePerGas) }
}

/**
 * What a block asks at the very least, in wei per gas. Without the tip that the market is said to pay: that must not keep anybody
 * from sending.
 */
export function askedFee({ baseFeePerGas }: Pick<FeeMarket, 'baseFeePerGas'>): bigint {
  return baseFeePerGas + 1n
}

/** The least that buys a place in the next block where nobody bids against it, with room for the base fee to rise once. */
export function leastFee({ baseFeePerGas }: FeeMarket): bigint {
  return bumped(baseFeePerGas) + 1n
}

/**
 * Why a replacement must happen now: `replace` because the transaction itself changes or its fees were refused,
 * `outbid` because the node holds another transaction with the same nonce and unknown, higher fees.
 */
export type ReplacementForce = 'replace' | 'outbid'

export interface ReplacementContext {
  readonly market: FeeMarket
  readonly used: bigint
  readonly cap: bigint
  readonly force: ReplacementForce | undefined
}

/** Whether the base fee has outrun an offer, so that a block would earn less than the market's tip from it. */
function isStarved(current: Fees, market: FeeMarket): boolean {
  const tip = lowest(current.maxPriorityFeePerGas, market.priorityFeePerGas)
  return current.maxFeePerGas < market.baseFeePerGas + tip
}

/** Whether the schedule is a quarter ahead of an offer, and the ladder has room for the step. */
function isBehind(current: Fees, target: Fees, context: ReplacementContext): boolean {
  const ahead = target.maxPriorityFeePerGas * 4n >= current.maxPriorityFeePerGas * 5n
  return ahead && bumped(current.maxFeePerGas) <= ladder(context.used, context.cap)
}

/**
 * The fees of the replacement that is due, at least 12.5 % more in both and no less than the schedule says; `undefined`
 * if none is due, or if no legal one exists under the cap.
 */
export function replacementFees(current: Fees, context: ReplacementContext): Fees | undefined {
  const { market, used, cap, force } = context
  const leastMax = bumped(current.maxFeePerGas)
  const leastTip = bumped(current.maxPriorityFeePerGas)
  if (current.maxFeePerGas >= cap || leastMax > cap || leastTip > cap) return undefined

  const target = scheduledFees(market, used, cap)
  const last = target.maxFeePerGas === cap
  if (force === undefined && !last && !isStarved(current, market) && !isBehind(current, target, context)) {
    return undefined
  }
  const top = topOfLadder(cap)
  const all: Fees = { maxFeePerGas: cap, maxPriorityFeePerGas: cap }
  if (last) return all
  // Only a base fee that leaves no choice takes the last step early: it would make every later raise illegal.
  if (leastMax > top || leastTip > top) return isStarved(current, market) ? all : undefined
  const leap = force === 'outbid' ? 2n : 0n
  const maxFeePerGas = highest(target.maxFeePerGas, highest(leastMax, lowest(top, leap * current.maxFeePerGas)))
  const tip = highest(target.maxPriorityFeePerGas, highest(leastTip, lowest(top, leap * current.maxPriorityFeePerGas)))
  return { maxFeePerGas, maxPriorityFeePerGas: lowest(tip, maxFeePerGas) }
}
