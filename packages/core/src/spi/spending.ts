import type { ClientName, Hex, LedgerId } from '../model/brand.ts'
import type { ChainTime } from '../model/ledger.ts'
import type { SendPurpose } from './chain.ts'
import type { AbortOptions } from './runtime.ts'

/** Why a transaction of ours was sent. */
export interface SpendingCause extends SendPurpose {
  readonly call: 'register' | 'concludeFinal'
}

/** Names a number of a lane. A block spends it once, so of all transactions with it one costs something at most. */
export interface SpendingKey {
  /** As in the journal: on Ethereum the account. */
  readonly lane: string
  /** On Ethereum the nonce. */
  readonly sequence: bigint
}

/** What a transaction took that a block includes. */
export interface Spent {
  /**
   * - `succeeded`: it did what it was for.
   * - `failed`: it changed nothing.
   * - `taken-back`: in its place the number was spent on nothing, because nobody wanted it any more.
   */
  readonly type: 'succeeded' | 'failed' | 'taken-back'
  /** Of the transaction. */
  readonly hash: Hex
  /** What the ledger meters execution in: gas. */
  readonly work: bigint
  /** In the ledger's smallest unit, everything that the sender paid. */
  readonly cost: bigint
  /** Number of the block. */
  readonly block: bigint
}

/** Nothing was paid yet. */
export interface Promised {
  readonly type: 'pending'
  /** The most that what was signed so far may cost, in the ledger's smallest unit. */
  readonly most: bigint
}

/** What became of one number of a lane. */
export interface SpendingEntry extends SpendingKey {
  /** `undefined`: nobody knows any more; it was sent by a run that could not write it down. */
  readonly cause: SpendingCause | undefined
  /** Of the block that includes it; while none does, when it was signed. */
  readonly time: ChainTime
  readonly outcome: Promised | Spent
}

/** What one client cost on one day, by transactions that are not kept one by one any more. */
export interface SpendingSum {
  /** Whole days since 1970, by the ledger's time. */
  readonly day: number
  /** `undefined`: of nobody in particular, and of those whose own sums are not kept any more. */
  readonly client: ClientName | undefined
  /** In how many transactions it has a share. */
  readonly transactions: number
  /** Its shares, added up. */
  readonly work: bigint
  /** In the ledger's smallest unit. */
  readonly cost: bigint
}

/** One write to a log, all of it or nothing. */
export interface SpendingChanges {
  /** Each takes the place of what was there for its number. */
  readonly entries: readonly SpendingEntry[]
  /** What is not there is passed over. */
  readonly dropEntries: readonly SpendingKey[]
  /** Each takes the place of what was there for its day and client. */
  readonly sums: readonly SpendingSum[]
  /** What is not there is passed over. */
  readonly dropSums: readonly Pick<SpendingSum, 'day' | 'client'>[]
}

/**
 * What the transactions of one ledger cost, and for whom. Whoever writes it keeps it small: some thousand entries and sums.
 * An implementation only keeps them. Nothing that guards a channel is in it.
 */
export interface SpendingLog {
  /** Everything that is kept and can be read, in no particular order. */
  read(options?: AbortOptions): Promise<{
    readonly entries: readonly SpendingEntry[]
    readonly sums: readonly SpendingSum[]
  }>
  /** Resolves once the changes are as safe as the store can make them. Writes take effect in the order of the calls. */
  write(changes: SpendingChanges, options?: AbortOptions): Promise<void>
}

/** Gives a chain backend the log of its ledger. Apart from `Store`: a store without it guards channels just as well. */
export interface SpendingLogs {
  /** To be used while the store is open and bound to the ledger. */
  spendingLog(ledger: LedgerId): SpendingLog
}
