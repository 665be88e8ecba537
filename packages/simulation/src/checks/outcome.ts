import type { AdjudicatorLog, SignedState, Store, TransactionHash } from '@perun-watcher/core'
import type { Household } from '../parties/household.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Uptime } from '../world/timeline.ts'
import type { Weather } from '../world/weather.ts'

/** What is left of a run when it is judged. */
export interface RunOutcome {
  readonly households: readonly Household[]
  readonly ledger: Ledger
  readonly weather: Weather
  readonly disk: Store
  readonly uptimes: readonly Uptime[]
  readonly finalRun: number
  /** Logs that the watcher was not told. */
  readonly lost: ReadonlySet<AdjudicatorLog>
  /** Transactions whose calldata the watcher was not shown. */
  readonly unseen: ReadonlySet<TransactionHash>
}

/** States that the watcher could read from calldata: it may have learnt them. */
export function visibleStates({ ledger, unseen }: Pick<RunOutcome, 'ledger' | 'unseen'>): ReadonlySet<SignedState> {
  const transactions = ledger.blocks.flatMap((block) => block.transactions)
  return new Set(transactions.filter(({ hash }) => !unseen.has(hash)).flatMap(({ calldata }) => calldata))
}
