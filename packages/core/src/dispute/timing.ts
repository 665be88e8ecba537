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
