import { blocksOfDebt, blocksOfRest, msOfDebt } from '../../dispute/timing.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import type { Inclusion } from '../../spi/chain.ts'
import { isSameRecord } from '../channels/records.ts'

/** Refusals in a row after which a conclusion is no longer tried without a pause of blocks. */
const promptConclusions = 3

/** What has to be known of a family's dispute from one look to the next. */
export interface DisputeMemory {
  /** Whether the last attempt failed. */
  hasFailed: boolean
  /** Whether a final state was registered in the place of its conclusion, or may have been before a restart. */
  owesConclusion: boolean
  /** Whether a conclusion came to nothing. */
  readonly wasRefused: boolean
  /** A conclusion came to nothing, but nobody refused it: an endpoint that takes nothing is asked again as ever. */
  noteFailure(): void
  /**
   * The ledger refused a conclusion, or it changed nothing.
   *
   * @param record of the root, as it stood then.
   * @param ticks so far.
   */
  noteRefusal(record: OnChainRecord | undefined, ticks: number): void
  /** Whether a conclusion is not to be tried yet. A record that changed since is a reason to try at once. */
  isResting(record: OnChainRecord | undefined, ticks: number): boolean
  /** The latest transactions that blocks are said to include, newest first. */
  readonly inclusions: readonly Inclusion[]
  noteInclusion(inclusion: Inclusion): void
  /** The final state stands and only its payment is missing: nothing can take its place any more, so there is no hurry. */
  readonly debt: Debt
}

/** The payment of a final state that stands. Each try costs gas, which the holder of the assets may burn on purpose. */
export interface Debt {
  /** The payment was refused. */
  noteRefusal(now: Moment): void
  /** Whether it is not to be tried yet. If the conclusion was refused before the state was registered, not at once either. */
  isResting(now: Moment): boolean
}

/** An instant, by blocks and by the clock. */
export interface Moment {
  readonly ticks: number
  /** Of the clock. */
  readonly ms: number
}

/** More of them than are ever repeated before the record of one is seen. */
const mostInclusions = 16

const restOf = (refusals: number): number =>
  refusals < promptConclusions ? 0 : blocksOfRest(refusals - promptConclusions)

export function disputeMemory(): DisputeMemory {
  let refusals = 0
  let wasRefused = false
  let refused: OnChainRecord | undefined
  let restsUntil = 0
  let inclusions: readonly Inclusion[] = []

  function debt(): Debt {
    let unpaid = 0
    let debtRestsUntil: Moment = { ticks: 0, ms: Number.NEGATIVE_INFINITY }
    const note = ({ ticks, ms }: Moment): void => {
      unpaid += 1
      debtRestsUntil = { ticks: ticks + blocksOfDebt(unpaid), ms: ms + msOfDebt(unpaid) }
    }
    return {
      noteRefusal: note,
      isResting(now) {
        if (unpaid === 0 && wasRefused) note(now)
        return now.ticks < debtRestsUntil.ticks || now.ms < debtRestsUntil.ms
      },
    }
  }

  return {
    hasFailed: false,
    owesConclusion: false,
    get wasRefused() {
      return wasRefused
    },
    get inclusions() {
      return inclusions
    },
    noteInclusion(inclusion) {
      inclusions = [inclusion, ...inclusions].slice(0, mostInclusions)
    },
    debt: debt(),
    noteFailure() {
      wasRefused = true
    },
    noteRefusal(record, ticks) {
      wasRefused = true
      refusals = isSameRecord(record, refused) ? refusals + 1 : 1
      refused = record
      restsUntil = ticks + restOf(refusals)
    },
    isResting: (record, ticks) => refusals > 0 && isSameRecord(record, refused) && ticks < restsUntil,
  }
}
