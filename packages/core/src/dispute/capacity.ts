import type { Throughput } from '../spi/chain.ts'
import type { Capacity } from '../spi/engine.ts'

/** Ledger channels whose challenge windows are equally long. */
export interface LedgerWindow {
  readonly windowSeconds: number
  readonly channels: number
}

/**
 * Blocks of a window that bring no answer: the one in which the old state is registered, those that are waited for on top of
 * it, and the last one, whose time is the deadline.
 */
const blocksWithoutAnswer = 3

/** How many disputes that begin in one block can be answered within a window: in each block that is left, all that may wait. */
export function answerableWithin(windowSeconds: number, places: number, secondsPerBlock: number): number {
  const blocks = windowSeconds / secondsPerBlock - blocksWithoutAnswer
  return blocks > 0 ? Math.floor(blocks * places) : 0
}

/** Whether `a` has less room for what it guards than `b`. */
const isTighter = (a: Capacity, b: Capacity): boolean => a.channels * b.answerable > b.channels * a.answerable

/**
 * What would become of the ledger channels if old states of all of them were registered at once. Those with the shorter windows
 * are answered first, so that each length of window has to have room for itself and all that are shorter; the one that has
 * least room is told. All of them are paid for out of the same accounts.
 *
 * @param windows - each length once, in any order.
 * @param secondsPerBlock - where the ledger does not say what is usual.
 * @returns `undefined`: there is none.
 */
export function capacityFor(
  windows: Iterable<LedgerWindow>,
  { places, payable = Number.POSITIVE_INFINITY, secondsPerBlock: usual }: Throughput,
  secondsPerBlock: number,
): Capacity | undefined {
  let channels = 0
  let tightest: Capacity | undefined
  for (const { windowSeconds, channels: own } of [...windows].sort((a, b) => a.windowSeconds - b.windowSeconds)) {
    channels += own
    const inTime = answerableWithin(windowSeconds, places, usual ?? secondsPerBlock)
    const limit: Pick<Capacity, 'answerable' | 'limitedBy'> =
      payable < inTime ? { answerable: payable, limitedBy: 'funds' } : { answerable: inTime, limitedBy: 'places' }
    const here = { windowSeconds, channels, ...limit }
    if (tightest === undefined || isTighter(here, tightest)) tightest = here
  }
  return tightest
}
