import type { AdjudicatorLog, SignedState, TransactionHash } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import type { Household } from '../parties/household.ts'
import type { BlindSpots } from '../world/blind-spots.ts'
import type { HardshipSchedule } from '../world/hardships.ts'
import type { Ledger } from '../world/ledger.ts'
import { millisecondsOf, type Uptime } from '../world/timeline.ts'

/** What is left of a run when it is judged. */
export interface RunOutcome {
  readonly households: readonly Household[]
  readonly ledger: Ledger
  readonly schedule: HardshipSchedule
  readonly disk: Store
  readonly uptimes: readonly Uptime[]
  readonly finalRun: number
  /** Most events that the watcher keeps for a client that is away. */
  readonly mailboxLimit: number
  /** Logs that the watcher was not told. */
  readonly lost: ReadonlySet<AdjudicatorLog>
  /** Those of them of which it was not even told that something is missing. */
  readonly hidden: ReadonlySet<AdjudicatorLog>
  readonly blindSpots: BlindSpots
  /** Transactions whose calldata the watcher was not shown. */
  readonly unseen: ReadonlySet<TransactionHash>
}

/** States that the watcher could read from calldata and may have learnt, with the times at which it could. */
export type VisibleStates = ReadonlyMap<SignedState, readonly number[]>

export function visibleStates({ ledger, unseen }: Pick<RunOutcome, 'ledger' | 'unseen'>): VisibleStates {
  const visible = new Map<SignedState, readonly number[]>()
  for (const { timestamp, transactions, logs } of ledger.blocks) {
    // What changes nothing emits no log, and nobody looks into it.
    const told = transactions.filter(
      ({ hash }) => !unseen.has(hash) && logs.some((log) => log.transactionHash === hash),
    )
    for (const signed of told.flatMap(({ calldata }) => calldata)) {
      visible.set(signed, [...(visible.get(signed) ?? []), millisecondsOf(timestamp)])
    }
  }
  return visible
}
