import { backOffMs, defaultBackOff } from '../async/back-off.ts'
import type { Random } from '../spi/runtime.ts'

/** Share of the time left that may be spent waiting for the dispute to settle in the chain. */
const waitingShare = 10n

/**
 * How many blocks on top of the dispute's own to wait for before answering it.
 *
 * Answering at once is right when time is short. With plenty of it, wait: an answer that lands after its dispute was
 * reorged away would itself open a dispute on a healthy channel. Waiting may use up a tenth of the time left at most.
 */
export function confirmationsWanted(secondsLeft: bigint, secondsPerBlock: bigint, refuteDepth: bigint): bigint {
  if (secondsLeft <= 0n) return 0n
  const affordable = secondsLeft / waitingShare / (secondsPerBlock > 0n ? secondsPerBlock : 1n)
  return affordable < refuteDepth ? affordable : refuteDepth
}

/** Less than a quarter of the window is left. */
export function isLate(secondsLeft: bigint, challengeDuration: bigint): boolean {
  return secondsLeft * 4n < challengeDuration
}

/**
 * How long to wait after the `failures`-th failed attempt in a row: the usual back-off, and never more than a twentieth of
 * the time left, so that attempts speed up towards the deadline.
 */
export function retryDelayMs(failures: number, secondsLeft: bigint, random: Random): number {
  const { firstDelayMs, longestDelayMs } = defaultBackOff
  const share = Math.max(0, Number(secondsLeft) * 50)
  const capped = { firstDelayMs, longestDelayMs: Math.min(longestDelayMs, share) }
  return Math.max(firstDelayMs / 2, backOffMs(failures, capped, random))
}

/** How much longer than expected blocks may take before they are no longer waited for. */
const blockPatience = 2n

/**
 * Seconds by the clock after which confirmations are no longer waited for, counted from the first sight of the dispute.
 * Where blocks come only with transactions nobody confirms anything, and the next block may be the counterparty's. So no
 * longer than twice the time that the blocks should take, and no more of the time left than the blocks themselves may take.
 *
 * @param secondsLeft at the first sight.
 */
export function settlingSeconds(wanted: bigint, secondsLeft: bigint, secondsPerBlock: bigint): bigint {
  const due = wanted * secondsPerBlock * blockPatience
  const share = secondsLeft / waitingShare
  const seconds = due < share ? due : share
  return seconds > 0n ? seconds : 0n
}

/** Blocks; after so many a refused conclusion is tried again in any case. */
const longestRest = 1024

/**
 * How many blocks to wait after the `failures`-th conclusion that came to nothing, where nothing else can be done: twice as
 * many each time, so that a contract which refuses for ever costs the logarithm of the time.
 */
export function blocksOfRest(failures: number): number {
  return Math.min(longestRest, 2 ** Math.min(failures, 30))
}

/**
 * The same where only a payment is missing: nobody can take the final state's place any more, and every try costs gas, which
 * the holder of the assets may burn on purpose. Four times as many each time, beginning with sixteen, without an upper bound
 * that matters.
 */
export function blocksOfDebt(failures: number): number {
  return 4 ** Math.min(failures + 1, 15)
}

/** As on Ethereum. */
const msPerBlockOfDebt = 12_000

/**
 * How long the same pause is at least by the clock: where a block takes a quarter of a second, sixteen of them are no time in
 * which the holder of the assets may have changed its mind, and each try costs as much gas as elsewhere.
 */
export function msOfDebt(failures: number): number {
  return blocksOfDebt(failures) * msPerBlockOfDebt
}

/** Share of the time left that may be spent waiting for the block of an inclusion. */
const inclusionShare = 4n

/** The first wait: a stream that is not behind tells the block within moments. */
const inclusionSeconds = 60n
const inclusionBlocks = 4n

/** Seconds that two blocks may always take. */
const twoUsualBlocks = 24n

/**
 * Seconds to wait for the block that is said to include our transaction. Where it does not exist each of them is lost; where it
 * does, sending again costs money, and comes to nothing. So a minute or a few blocks for the first that does not show, and
 * twice as long for each one after it: whoever makes blocks up costs us no more time than has passed already, and makes us
 * send no more often than the logarithm of the window. Never more than a quarter of the time left, or two blocks where that
 * is longer; but where blocks seem to be slow no more than half of the time left, so that any window has room for repetitions.
 *
 * @param unconfirmed how many inclusions in a row the records did not show.
 */
export function inclusionPatienceSeconds(secondsLeft: bigint, secondsPerBlock: bigint, unconfirmed: number): bigint {
  const share = secondsLeft / inclusionShare
  const least = lesser(secondsPerBlock * blockPatience, greater(secondsLeft / 2n, twoUsualBlocks))
  const first = greater(inclusionSeconds, secondsPerBlock * inclusionBlocks)
  const grown = first * 2n ** BigInt(Math.min(unconfirmed, 40))
  return greater(least, grown < share ? grown : share)
}

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)

const shortestSilenceMs = 1_000
const longestSilenceMs = 30_000

/** Milliseconds without a block after which a dispute is looked at all the same. */
export function silenceMs(secondsPerBlock: bigint): number {
  const due = Number(secondsPerBlock * blockPatience) * 1000
  return Math.min(longestSilenceMs, Math.max(shortestSilenceMs, due))
}
