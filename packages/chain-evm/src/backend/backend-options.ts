import { type Clock, type Hex, type Logger, type Random, WatcherError } from '@perun-watcher/core'
import {
  type LedgerLimits,
  memoryJournal,
  memorySpendingLog,
  type SpendingBudgets,
  type SpendingLogs,
  silentLogger,
  type TransactionJournals,
} from '@perun-watcher/core/adapter'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { type ChainKind, type ChosenPreset, chainPreset, chainPresets, isChainKind } from '../limits/chain-presets.ts'
import { type LimitOptions, ledgerLimits } from '../limits/ledger-limits.ts'
import type { Address, EvmClient, EvmSigner } from '../rpc/evm-client.ts'
import { parseAddress } from '../rpc/parse-rpc.ts'
import type { LowBalance } from '../transactions/fees/balance-watch.ts'
import type { FeeLimits } from '../transactions/fees/fee-policy.ts'

/** What every backend takes, whatever client library it stands on. */
export interface BackendOptions {
  /** The adjudicator contract, generation v1 (perun-eth-contracts 1.0.0). */
  readonly adjudicator: Hex
  /** The chain that the RPC endpoint must be of. */
  readonly chainId: bigint
  /**
   * What kind of chain it is: the defaults of `finalityDepth`, `limits` and `fees.minPriorityFeePerGas` follow from it; see
   * `chainPreset`. Default: that of the chain id. A chain that nobody knows gets Ethereum's.
   */
  readonly chainKind?: ChainKind | undefined
  /**
   * Where signed transactions are kept, so that a restart can pick them up; usually the store of the watcher. Default:
   * memory, which forgets.
   */
  readonly journal?: TransactionJournals | undefined
  /**
   * Where it is written down what transactions cost, and for whom; usually the store of the watcher. Default: memory, which
   * forgets.
   */
  readonly spendingLog?: SpendingLogs | undefined
  /**
   * What may be spent on more than the first answer of a dispute, in wei. What is absent limits nothing. Default: 5 ether for
   * each client and day, 2 ether for each dispute, 50 ether for all on one day; nothing by the value at stake.
   */
  readonly budgets?: SpendingBudgets | undefined
  /**
   * The asset holders that hold ether: what they hold for a channel is its value for `budgets.percentOfValue`. What others hold
   * may be worth anything, and nothing limits what a channel with any of it may cost. Default: none, so that only channels
   * without any deposit are limited by it.
   */
  readonly etherHolders?: readonly Hex[] | undefined
  /**
   * A block with this many blocks on top of it is never removed. Default: by the kind of chain, 64 on Ethereum. Too small a
   * number makes a deep reorg cost a new reading of all records, not an event.
   */
  readonly finalityDepth?: number | undefined
  /**
   * Usual seconds between blocks, by which it is judged how many disputes can be answered at once. Default: by the kind of
   * chain; measured where that does not say.
   */
  readonly blockSeconds?: number | undefined
  /** Milliseconds between two looks at the chain. Default: the average time between its blocks, 1 to 12 seconds. */
  readonly pollIntervalMs?: number | undefined
  /** After this time a request counts as unanswered. Default: 10 000. */
  readonly requestTimeoutMs?: number | undefined
  /** What a transaction may cost. Default: 500 gwei per gas, which is offered in full only just before a deadline. */
  readonly fees?: FeeLimits | undefined
  /**
   * The largest registration that the nodes of this chain take; larger ones are refused when a client asks for them, and
   * never planned. Default: what is usual on this kind of chain.
   */
  readonly limits?: LimitOptions | undefined
  /** Transactions of one account that may wait at the same time. Default: 16. */
  readonly maxPendingPerLane?: number | undefined
  /**
   * Threads that check signatures beside the main one. Default: 0, the main thread does. Worth it where many states a
   * second are published and cores are free; each takes about 10 MiB. Without libsecp256k1 (see `signatureEngine`) there
   * are none.
   */
  readonly signatureThreads?: number | undefined
  /** Called when an account falls below what it should hold; once, until it was refilled. */
  readonly onLowBalance?: ((report: LowBalance) => void) | undefined
  /** Default: the clock of this machine. */
  readonly clock?: Clock | undefined
  /** Default: `Math.random`; used for jitter only. */
  readonly random?: Random | undefined
  /** Default: silence. */
  readonly logger?: Logger | undefined
}

export interface EvmBackendOptions extends BackendOptions {
  readonly client: EvmClient
  /** Accounts that pay for transactions, each with its own row of nonces. Nobody else may send from them. */
  readonly signers: readonly EvmSigner[]
}

const gwei = 1_000_000_000n
const ether = 10n ** 18n

const defaults = {
  requestTimeoutMs: 10_000,
  maxFeePerGasCap: 500n * gwei,
  // As many as geth promises to keep.
  maxPendingPerLane: 16,
  silenceMs: 4_000,
  signatureThreads: 0,
  budgets: { perClientAndDay: 5n * ether, perDispute: 2n * ether, perDay: 50n * ether },
} as const

/** Options with all defaults filled in, each in range. */
export interface CheckedOptions {
  readonly client: EvmClient
  readonly signers: readonly EvmSigner[]
  readonly adjudicator: Address
  readonly chainId: bigint
  readonly journal: TransactionJournals
  readonly spendingLog: SpendingLogs
  readonly budgets: SpendingBudgets
  readonly etherHolders: ReadonlySet<Address>
  readonly finalityDepth: number
  /** `undefined`: the log stream goes by the average time between blocks. */
  readonly pollIntervalMs: number | undefined
  /** While transactions wait and no head was announced for this long, the transaction manager reads the head itself. */
  readonly silenceMs: number
  readonly requestTimeoutMs: number
  readonly fees: Required<FeeLimits>
  readonly limits: LedgerLimits
  /** Whether the chain takes a fee for data from the balance. */
  readonly takesDataFee: boolean
  /** `undefined`: only the blocks tell. */
  readonly blockSeconds: number | undefined
  readonly maxPendingPerLane: number
  readonly signatureThreads: number
  readonly onLowBalance: ((report: LowBalance) => void) | undefined
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

function invalid(option: string, expected: string): WatcherError {
  return new WatcherError('OPTION_INVALID', `${option} must be ${expected}.`)
}

function wholeNumber(option: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw invalid(option, `a whole number from ${least}`)
  return value
}

function addressOf(value: unknown, option: string): Address {
  try {
    return parseAddress(value)
  } catch {
    throw invalid(option, 'an address (0x and 40 hexadecimal digits)')
  }
}

function presetOf(chainId: bigint, kind: unknown): ChosenPreset {
  if (kind === undefined || isChainKind(kind)) return chainPreset(chainId, kind)
  throw invalid('chainKind', `one of ${Object.keys(chainPresets).join(', ')}`)
}

function feeLimits(fees: Partial<FeeLimits> | undefined, preset: ChosenPreset): Required<FeeLimits> {
  const { maxFeePerGasCap, minPriorityFeePerGas } = fees ?? {}
  if (maxFeePerGasCap !== undefined && maxFeePerGasCap <= 0n) throw invalid('fees.maxFeePerGasCap', 'above zero')
  return {
    maxFeePerGasCap: maxFeePerGasCap ?? defaults.maxFeePerGasCap,
    minPriorityFeePerGas: minPriorityFeePerGas ?? preset.minPriorityFeePerGas,
  }
}

function blockSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined || (Number.isFinite(seconds) && seconds > 0)) return seconds
  throw invalid('blockSeconds', 'a number above zero')
}

/** For the one ledger of a backend. */
function forgetfulJournal(): TransactionJournals {
  const journal = memoryJournal()
  return { journal: () => journal }
}

function spendingOptions({ spendingLog, budgets = defaults.budgets, etherHolders = [] }: BackendOptions) {
  const log = memorySpendingLog()
  return {
    spendingLog: spendingLog ?? { spendingLog: () => log },
    budgets,
    etherHolders: new Set(etherHolders.map((holder) => addressOf(holder, 'etherHolders'))),
  }
}

/** @throws WatcherError `OPTION_INVALID` */
export function checkOptions(options: EvmBackendOptions): CheckedOptions {
  const { chainId, signers } = options
  const pollIntervalMs =
    options.pollIntervalMs === undefined ? undefined : wholeNumber('pollIntervalMs', options.pollIntervalMs, 1)
  if (typeof chainId !== 'bigint' || chainId <= 0n) throw invalid('chainId', 'a bigint above zero')
  if (signers.length === 0) throw invalid('signers', 'at least one account')
  if (new Set(signers.map(({ address }) => address)).size < signers.length) {
    throw invalid('signers', 'different accounts')
  }
  const preset = presetOf(chainId, options.chainKind)
  return {
    client: options.client,
    signers,
    chainId,
    adjudicator: addressOf(options.adjudicator, 'adjudicator'),
    journal: options.journal ?? forgetfulJournal(),
    ...spendingOptions(options),
    finalityDepth: wholeNumber('finalityDepth', options.finalityDepth ?? preset.finalityDepth, 0),
    pollIntervalMs,
    silenceMs: pollIntervalMs ?? defaults.silenceMs,
    requestTimeoutMs: wholeNumber('requestTimeoutMs', options.requestTimeoutMs ?? defaults.requestTimeoutMs, 1),
    fees: feeLimits(options.fees, preset),
    limits: ledgerLimits(options.limits, preset),
    takesDataFee: preset.extraFee === 'from-balance',
    blockSeconds: blockSeconds(options.blockSeconds ?? preset.blockSeconds),
    maxPendingPerLane: wholeNumber('maxPendingPerLane', options.maxPendingPerLane ?? defaults.maxPendingPerLane, 1),
    signatureThreads: wholeNumber('signatureThreads', options.signatureThreads ?? defaults.signatureThreads, 0),
    onLowBalance: options.onLowBalance,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
  }
}
