import { WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { refusalOf } from '../../rpc/parse-rpc.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import { classifySimulation } from '../node/classify-error.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import { revertReason } from '../node/revert-reason.ts'
import type { Job } from './job.ts'
import type { Call } from './signed-transaction.ts'

/** No block takes a transaction with more gas than this, where EIP-7825 is in force. */
const transactionGasLimit = 2n ** 24n

/** A call that would succeed right now, and what the account has to pay for it. */
export interface Prepared {
  readonly call: Call
  /** In wei. */
  readonly balance: bigint
  /** How many nonces of the account blocks have spent. */
  readonly chainNonce: bigint
  readonly view: FeeView
}

export interface PrepareDeps {
  readonly account: Address
  readonly node: NodeRpc
  readonly market: FeeOracle
}

/**
 * The limit of gas: half more than the estimate, less where a block would not take that much, but never below the
 * estimate. Unused gas costs nothing, and the state may be another when a block includes the transaction: registering
 * a channel for the first time takes half as much again as refuting an earlier registration of it.
 */
export function gasWithMargin(estimate: bigint, blockGasLimit: bigint): bigint {
  const limit = blockGasLimit < transactionGasLimit ? blockGasLimit : transactionGasLimit
  const generous = (estimate * 3n + 1n) / 2n
  if (generous <= limit) return generous
  return estimate > limit ? estimate : limit
}

/** `ACCOUNT_UNDERFUNDED`. Amounts in wei; `need` is `undefined` where the node did not get as far as the gas. */
export function underfunded(account: Address, balance: bigint, need: bigint | undefined): WatcherError {
  const wanted = need === undefined ? 'that is too little' : `needs ${need} wei`
  return new WatcherError('ACCOUNT_UNDERFUNDED', 'The account cannot pay for the transaction.', {
    details: [`Account ${account}.`, `It has ${balance} wei and ${wanted}.`],
  })
}

export function deadlinePassed(deadline: bigint, now: bigint): WatcherError {
  return new WatcherError('DEADLINE_PASSED', 'No block included the transaction in time.', {
    details: [`The deadline was ${deadline}, the chain is at ${now}.`],
  })
}

async function estimate({ account, node }: PrepareDeps, job: Job): Promise<bigint> {
  try {
    return await node.estimateGas(account, job.request, { signal: job.signal })
  } catch (error) {
    const refusal = refusalOf(error)
    switch (refusal && classifySimulation(error)) {
      case 'reverted':
        throw new WatcherError('REGISTER_REVERTED', 'The contract would refuse the transaction; it was not sent.', {
          details: refusal === undefined ? [] : [`Reason: ${revertReason(refusal)}.`],
          cause: error,
        })
      case 'underfunded':
        throw underfunded(account, await node.balance(account), undefined)
      default:
        throw error
    }
  }
}

/**
 * Finds out in one round trip whether a transaction would succeed, and what is needed to send it. Uses no nonce.
 *
 * @throws WatcherError `REGISTER_REVERTED`, `ACCOUNT_UNDERFUNDED`, `DEADLINE_PASSED`, `CHAIN_UNREACHABLE`, `RPC_REFUSED`,
 * `CHAIN_DATA_INVALID`
 */
export async function prepare(deps: PrepareDeps, job: Job): Promise<Prepared> {
  const { account, node, market } = deps
  const { to, data, deadline } = job.request
  const [gas, balance, chainNonce, view] = await Promise.all([
    estimate(deps, job),
    node.balance(account),
    node.transactionCount(account, 'latest'),
    market.recent(),
  ])
  if (view.time >= deadline) throw deadlinePassed(deadline, view.time)
  return { call: { to, data, gas: gasWithMargin(gas, view.head.gasLimit) }, balance, chainNonce, view }
}
