import type { Logger } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { askedFee, type FeeMarket } from './fee-policy.ts'

export interface LowBalance {
  readonly account: Address
  /** In wei. */
  readonly balance: bigint
  /** What the account should hold at today's fees, in wei. */
  readonly wanted: bigint
}

/** An account should hold enough for this many transactions. */
const wantedTransactions = 20n

/** Gas of a usual registration with some sub-channels. A watch raises it to what is really sent. */
export const usualGas = 300_000n

export interface TransactionCost {
  readonly gas: bigint
  readonly dataFee: bigint
}

export interface BalanceWatch {
  /** The balance last noted, in wei. */
  readonly current: () => bigint | undefined
  /** How many usual transactions could be paid for, by what was noted last; `undefined` until something was. */
  readonly payable: () => bigint | undefined
  /** What the account should hold at these fees, in wei. */
  readonly wanted: (market: FeeMarket) => bigint
  /** Takes note of a balance, in wei, and warns once when it is low. */
  readonly note: (balance: bigint, market: FeeMarket) => void
  /** A transaction with this gas limit is sent, and so much, in wei, set aside for its data. */
  readonly noteCost: (cost: TransactionCost) => void
}

/** Warns when an account runs low, early enough to refill it. */
export function balanceWatch(
  account: Address,
  logger: Logger,
  onLowBalance: ((report: LowBalance) => void) | undefined,
): BalanceWatch {
  let gas = usualGas
  let isLow = false
  let dataFee = 0n
  let payable: bigint | undefined
  let current: bigint | undefined

  function wantedAt({ baseFeePerGas, priorityFeePerGas }: FeeMarket): bigint {
    return wantedTransactions * (gas * (2n * baseFeePerGas + priorityFeePerGas) + dataFee)
  }

  return {
    current: () => current,
    payable: () => payable,
    wanted: wantedAt,
    note: (balance, market) => {
      current = balance
      payable = balance / (gas * askedFee(market) + dataFee)
      const wanted = wantedAt(market)
      const wasLow = isLow
      isLow = balance < wanted
      if (!isLow || wasLow) return
      logger.warn('The account that pays for transactions runs low', { account, balance, wanted })
      try {
        onLowBalance?.({ account, balance, wanted })
      } catch (error) {
        logger.error('The handler of low balances failed', { account }, error)
      }
    },
    noteCost: (cost) => {
      if (cost.gas > gas) gas = cost.gas
      dataFee = cost.dataFee
    },
  }
}
