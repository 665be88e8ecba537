import type { AdjudicatorLog, BlockHash, TransactionHash } from '@perun-watcher/core'
import type { RegistrationSizes, Store } from '@perun-watcher/core/adapter'
import type { Household } from '../parties/household.ts'
import type { BlindSpots } from '../world/blind-spots.ts'
import type { HardshipSchedule } from '../world/hardships.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Tempo } from '../world/tempo.ts'
import type { Uptime } from '../world/timeline.ts'

/** What is left of a run when it is judged. */
export interface RunOutcome {
  readonly households: readonly Household[]
  readonly ledger: Ledger
  readonly nowMs: number
  readonly tempo: Tempo
  readonly sizes: RegistrationSizes
  readonly schedule: HardshipSchedule
  readonly disk: Store
  readonly uptimes: readonly Uptime[]
  readonly finalRun: number
  /** Most events that the watcher keeps for a client that is away. */
  readonly mailboxLimit: number
  /** Logs that the watcher was not told. */
  readonly lost: ReadonlySet<AdjudicatorLog>
  /** Those of them of which it was not even told that something is missing, and when they should have been told. */
  readonly hidden: ReadonlyMap<AdjudicatorLog, number>
  readonly blindSpots: BlindSpots
  /** Transactions whose calldata the watcher was not shown. */
  readonly unseen: ReadonlySet<TransactionHash>
  /** Transactions of the watcher that were reported as included and were not. */
  readonly madeUp: ReadonlySet<TransactionHash>
  /** What reorgs took out that went below what was final. */
  readonly brokenFinality: ReadonlySet<BlockHash>
}
