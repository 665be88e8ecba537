import { blocksOfRest } from '../../dispute/timing.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
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
  /**
   * A conclusion came to nothing.
   *
   * @param record of the root, as it stood then.
   * @param ticks so far.
   * @param isDebt nothing can take the final state's place any more, only its payment is missing: there is no hurry, and each
   *   try costs gas, also after every restart.
   */
  noteRefusal(record: OnChainRecord | undefined, ticks: number, isDebt?: boolean): void
  /** Whether a conclusion is not to be tried yet. A record that changed since is a reason to try at once. */
  isResting(record: OnChainRecord | undefined, ticks: number): boolean
}

const restOf = (refusals: number): number =>
  refusals < promptConclusions ? 0 : blocksOfRest(refusals - promptConclusions)

/** As if it had been refused so often before. */
const doublingsOfDebt = 4

const restOfDebt = (refusals: number): number => blocksOfRest(refusals - 1 + doublingsOfDebt)

export function disputeMemory(): DisputeMemory {
  let refusals = 0
  let refused: OnChainRecord | undefined
  let restsUntil = 0
  return {
    hasFailed: false,
    owesConclusion: false,
    get wasRefused() {
      return refusals > 0
    },
    noteRefusal(record, ticks, isDebt = false) {
      refusals = isSameRecord(record, refused) ? refusals + 1 : 1
      refused = record
      restsUntil = ticks + (isDebt ? restOfDebt(refusals) : restOf(refusals))
    },
    isResting: (record, ticks) => refusals > 0 && isSameRecord(record, refused) && ticks < restsUntil,
  }
}
