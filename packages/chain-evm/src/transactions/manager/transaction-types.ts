import type {
  AbortOptions,
  Block,
  ChainTime,
  Clock,
  Hex,
  Inclusion,
  Logger,
  Random,
  TransactionJournal,
} from '@perun-watcher/core'
import type { Address, EvmClient, EvmSigner } from '../../rpc/evm-client.ts'

/** What the operator is ready to pay. All in wei per gas. */
export interface FeeLimits {
  /** No transaction ever offers more than this, base fee and tip together. Just before a deadline it is offered in full. */
  readonly maxFeePerGasCap: bigint
  /** Never tip less, whatever the node suggests. Default: 1 gwei. */
  readonly minPriorityFeePerGas?: bigint
}

export interface LowBalance {
  readonly account: Address
  /** In wei. */
  readonly balance: bigint
  /** What the account should hold at today's fees, in wei. */
  readonly wanted: bigint
}

export interface TransactionManagerOptions {
  readonly client: EvmClient
  /** One nonce lane each; a node keeps only few waiting transactions per account. Nobody else may send from these. */
  readonly signers: readonly EvmSigner[]
  readonly chainId: bigint
  readonly journal: TransactionJournal
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fees: FeeLimits
  /** A block with this many blocks on top of it is never removed. */
  readonly finalityDepth: number
  /** How many transactions of one account may wait at the same time. Default: 16, as much as geth promises to keep. */
  readonly maxPendingPerLane?: number
  /** After this time a request counts as unanswered. Default: 10 000. */
  readonly requestTimeoutMs?: number
  /** While transactions wait and `onHead` is silent for this long, the manager looks for the head itself. Default: 4 000. */
  readonly pollIntervalMs?: number
  /** Called when an account falls below what it should hold; once, until it was refilled. */
  readonly onLowBalance?: (report: LowBalance) => void
}

export interface TransactionRequest {
  readonly to: Address
  readonly data: Hex
  /** The first instant of chain time at which inclusion is worthless. */
  readonly deadline: ChainTime
  /** Most that this transaction may cost, in wei, for example a share of the value at stake. Default: no such limit. */
  readonly maxCost?: bigint
}

/** Brings transactions into the chain, each once, before its deadline, whatever the node, the fees and reorgs do. */
export interface TransactionManager {
  /**
   * Takes up every account where the chain and the journal say that it stands, and cares for what a previous run sent.
   *
   * @throws WatcherError `CHAIN_UNREACHABLE` and the errors of the journal; may be called again then.
   */
  start(options?: AbortOptions): Promise<void>
  /**
   * Tells about a new head of the chain. Call it for each; without it the manager polls, which is slower. Resolves once
   * everything that follows from the head is done. Never rejects.
   */
  onHead(block: Block): Promise<void>
  /**
   * Resolves once a block includes the transaction, successfully. Rejects with the signal's reason, or with a
   * WatcherError:
   * - `REGISTER_REVERTED`: refused by the contract, before sending where possible. `details` has the reason.
   * - `ACCOUNT_UNDERFUNDED`: no account can pay for it.
   * - `CHAIN_UNREACHABLE`, `RPC_REFUSED`, `CHAIN_DATA_INVALID`: the node was of no help; nothing was sent.
   * - `DEADLINE_PASSED`: the chain's time is past the deadline, and no block includes it.
   * - `TRANSACTION_REPLACED`: somebody else sent from the account.
   * - `WATCHER_CLOSED`: not started, or closed.
   * - the errors of the journal: nothing was sent.
   */
  send(request: TransactionRequest, options?: AbortOptions): Promise<Inclusion>
  /** Waiting calls reject with `WATCHER_CLOSED`; what was sent stays sent and is taken up by the next run. Idempotent. */
  close(): Promise<void>
}
