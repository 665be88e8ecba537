import { WatcherError } from '@perun-watcher/core'
import { usualGas } from '../fees/balance-watch.ts'
import type { DataFees } from '../fees/data-fees.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import { gasWithMargin } from '../fees/gas-with-margin.ts'
import type { Call } from '../node/call.ts'
import type { AccountReadings } from './account-readings.ts'
import { answerInTime, patienceOf } from './answer-in-time.ts'
import { type FindGasDeps, findGas } from './find-gas.ts'
import type { Job, TransactionRequest } from './job.ts'
import { deadlinePassed } from './transaction-errors.ts'

/** A call that would succeed right now, and what the account has to pay for it. */
export interface Prepared {
  readonly call: Call
  /** In wei; `undefined` where the node did not say. */
  readonly balance: bigint | undefined
  /** What an endpoint says is taken for the data besides, in wei; 0 where none does. */
  readonly dataFee: bigint
  /** How many nonces of the account blocks have spent; `undefined` where the node did not say. */
  readonly chainNonce: bigint | undefined
  readonly view: FeeView
}

export interface PrepareDeps extends FindGasDeps {
  readonly feeOracle: FeeOracle
  readonly dataFees: DataFees
  /** Most gas of a transaction that a block takes. */
  readonly maxGas: bigint
  readonly readings: AccountReadings
}

/**
 * The gas limit: the estimate with a margin, no less than was computed, and within what the call may take.
 *
 * @throws WatcherError `REGISTER_REVERTED` where it would take more.
 */
function gasLimitOf({ gas: computed = 0n, maxGas }: TransactionRequest, estimate: bigint, limits: GasLimits): bigint {
  if (maxGas !== undefined && estimate > maxGas) {
    throw new WatcherError('REGISTER_REVERTED', 'The transaction would take more gas than it may; it was not sent.', {
      details: [`It takes ${estimate} gas, and may take ${maxGas}.`],
    })
  }
  // What was computed has a margin of its own.
  const isComputed = estimate === computed || (computed > 0n && estimate > limits.ofTransaction)
  const wanted = isComputed ? computed : gasWithMargin(estimate, limits.ofBlock, limits.ofTransaction)
  const enough = wanted > computed ? wanted : computed
  return maxGas !== undefined && enough > maxGas ? maxGas : enough
}

/** What pays for it even if it takes more and fees rise, in wei. */
function comfortable({ gas = usualGas }: TransactionRequest, view: FeeView | undefined): bigint {
  const { baseFeePerGas, priorityFeePerGas } = view?.market ?? { baseFeePerGas: 0n, priorityFeePerGas: 0n }
  return 2n * gas * (2n * baseFeePerGas + priorityFeePerGas)
}

interface GasLimits {
  readonly ofBlock: bigint
  readonly ofTransaction: bigint
}

/**
 * Finds out whether a transaction would succeed, and what is needed to send it; in one round trip where the node is of help.
 * Uses no nonce.
 *
 * @throws WatcherError `REGISTER_REVERTED`, `ACCOUNT_UNDERFUNDED`, `DEADLINE_PASSED`, `CHAIN_UNREACHABLE`, `RPC_REFUSED`,
 * `CHAIN_DATA_INVALID`
 */
export async function prepare(deps: PrepareDeps, job: Job): Promise<Prepared> {
  const { readings, feeOracle, dataFees, clock, maxGas } = deps
  const { to, data, deadline } = job.request
  const secondsLeft = deadline - (feeOracle.current()?.time ?? deadline)
  const options = { clock, signal: job.signal, patienceMs: patienceOf(secondsLeft) }
  const [gas, balance, chainNonce, dataFee = 0n, view] = await Promise.all([
    findGas(deps, job, secondsLeft),
    // None is needed: the lane knows which nonce is next, and a node refuses what an account cannot pay.
    answerInTime(() => readings.balance(comfortable(job.request, feeOracle.current())), options),
    answerInTime(() => readings.count(), options),
    answerInTime(() => dataFees.of((data.length - 2) / 2), options),
    feeOracle.recent(),
  ])
  if (view.time >= deadline) throw deadlinePassed(deadline, view.time)
  const call = { to, data, gas: gasLimitOf(job.request, gas, { ofBlock: view.head.gasLimit, ofTransaction: maxGas }) }
  return { call, balance, dataFee, chainNonce, view }
}
