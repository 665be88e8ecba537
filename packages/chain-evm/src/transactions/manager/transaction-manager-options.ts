import type { Clock, Logger, Random } from '@perun-watcher/core'
import type { SpendingBook, TransactionJournal } from '@perun-watcher/core/adapter'
import type { EvmClient, EvmSigner } from '../../rpc/evm-client.ts'
import type { LowBalance } from '../fees/balance-watch.ts'
import type { FeeLimits } from '../fees/fee-policy.ts'

/** All options, already checked. Their defaults are those of a backend. */
export interface TransactionManagerOptions {
  readonly client: EvmClient
  /** One nonce lane each, since a node keeps few waiting transactions per account. Nobody else may send from these. */
  readonly signers: readonly EvmSigner[]
  readonly chainId: bigint
  readonly journal: TransactionJournal
  /** Opened before the manager starts. */
  readonly spending: SpendingBook
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fees: Required<FeeLimits>
  /** Whether the chain takes a fee for data from the balance, as those of the OP stack do. */
  readonly takesDataFee: boolean
  /** Most gas of a transaction that a block takes. */
  readonly maxGas: bigint
  /** A block with this many blocks on top of it is never removed. */
  readonly finalityDepth: number
  /** How many transactions of one account may wait at the same time. */
  readonly maxPendingPerLane: number
  /** After this time a request counts as unanswered. */
  readonly requestTimeoutMs: number
  /** While transactions wait and `onHead` is silent for this long, the manager reads the head itself. */
  readonly pollIntervalMs: number
  /** Called once when an account falls below what it should hold, and again only after it was refilled. */
  readonly onLowBalance: ((report: LowBalance) => void) | undefined
}
