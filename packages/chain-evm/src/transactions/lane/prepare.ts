import { WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { refusalOf } from '../../rpc/parse-rpc.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import { gasWithMargin } from '../fees/gas-with-margin.ts'
import type { Call } from '../node/call.ts'
import { classifySimulation } from '../node/classify-error.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import { revertReason } from '../node/revert-reason.ts'
import type { Job } from './job.ts'
import { deadlinePassed, underfunded } from './transaction-errors.ts'

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
  readonly nodeRpc: NodeRpc
  readonly feeOracle: FeeOracle
  /** Most gas of a transaction that a block takes. */
  readonly maxGas: bigint
}

async function estimate({ account, nodeRpc }: PrepareDeps, job: Job): Promise<bigint> {
  try {
    return await nodeRpc.estimateGas(account, job.request, { signal: job.signal })
  } catch (error) {
    const refusal = refusalOf(error)
    switch (refusal && classifySimulation(error)) {
      case 'reverted':
        throw new WatcherError('REGISTER_REVERTED', 'The contract would refuse the transaction; it was not sent.', {
          details: refusal === undefined ? [] : [`Reason: ${revertReason(refusal)}.`],
          cause: error,
        })
      case 'underfunded':
        throw underfunded(account, await nodeRpc.balance(account), undefined)
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
  const { account, nodeRpc, feeOracle, maxGas } = deps
  const { to, data, deadline } = job.request
  const [gas, balance, chainNonce, view] = await Promise.all([
    estimate(deps, job),
    nodeRpc.balance(account),
    nodeRpc.transactionCount(account, 'latest'),
    feeOracle.recent(),
  ])
  if (view.time >= deadline) throw deadlinePassed(deadline, view.time)
  const call = { to, data, gas: gasWithMargin(gas, view.head.gasLimit, maxGas) }
  return { call, balance, chainNonce, view }
}
