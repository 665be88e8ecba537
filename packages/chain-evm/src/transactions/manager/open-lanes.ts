import type { SpendingBook, TransactionAttempt } from '@perun-watcher/core/adapter'
import type { Lifetime } from '@perun-watcher/core/internal'
import type { EvmSigner } from '../../rpc/evm-client.ts'
import { balanceWatch } from '../fees/balance-watch.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import { type Lane, type LaneDeps, lane } from '../lane/lane.ts'
import { type LaneStart, laneBook } from '../lane/lane-book.ts'
import { restoreLane } from '../lane/restore-lane.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import type { TransactionManagerOptions } from './transaction-manager-options.ts'

export interface OpenLanesDeps {
  readonly options: TransactionManagerOptions
  readonly nodeRpc: NodeRpc
  readonly feeOracle: FeeOracle
  readonly life: Lifetime
  readonly onPlaceFree: () => void
  readonly onOvertaken: LaneDeps['onOvertaken']
  readonly onIncluded: LaneDeps['onIncluded']
}

/**
 * One lane per account, each restored from the chain and from what the journal holds of earlier runs.
 *
 * Rejects with the errors of the node.
 */
export function openLanes(
  deps: OpenLanesDeps,
  journaled: readonly TransactionAttempt[],
  view: FeeView,
): Promise<readonly Lane[]> {
  warnOfForeignAccounts(deps.options, journaled)
  return Promise.all(deps.options.signers.map((signer) => openLane(deps, signer, journaled, view)))
}

async function openLane(
  { options, nodeRpc, feeOracle, life, onPlaceFree, onOvertaken, onIncluded }: OpenLanesDeps,
  signer: EvmSigner,
  journaled: readonly TransactionAttempt[],
  { head }: FeeView,
): Promise<Lane> {
  const { chainId, clock, journal, logger, fees, maxGas, finalityDepth, maxPendingPerLane, onLowBalance, spending } =
    options
  const { address: account } = signer
  const start = await restoreLane({
    account,
    nodeRpc,
    logger,
    attempts: journaled.filter((attempt) => attempt.lane.toLowerCase() === account),
    maxPending: maxPendingPerLane,
    headNumber: head.number,
    leastSpent: leastSpent(spending, account),
    causeOf: (sequence) => spending.get({ lane: account, sequence })?.cause,
  })
  dropUnsigned(spending, account, start)
  return lane({
    account,
    signer,
    chainId,
    journal,
    clock,
    logger,
    nodeRpc,
    feeOracle,
    life,
    book: laneBook(start),
    balanceWatch: balanceWatch(account, logger, onLowBalance),
    feeCap: fees.maxFeePerGasCap,
    maxGas,
    finalityDepth: BigInt(finalityDepth),
    spending,
    onPlaceFree,
    onOvertaken,
    onIncluded,
  })
}

/** What an earlier run expected to spend, and ended before it was in the journal: nothing was sent. */
function dropUnsigned(spending: SpendingBook, account: string, { slots }: LaneStart): void {
  const signed = new Set(slots.map(({ nonce }) => nonce))
  for (const entry of [...spending.entries()]) {
    if (entry.lane === account && entry.outcome.type === 'pending' && !signed.has(entry.sequence)) spending.drop(entry)
  }
}

/** Nonces that blocks took from an earlier run; what a reorg or a reset takes back, all endpoints say. */
function leastSpent(spending: SpendingBook, account: string): bigint {
  let least = 0n
  for (const { lane, sequence, outcome } of spending.entries()) {
    if (lane === account && outcome.type !== 'pending' && sequence >= least) least = sequence + 1n
  }
  return least
}

function warnOfForeignAccounts(
  { signers, logger }: TransactionManagerOptions,
  journaled: readonly TransactionAttempt[],
): void {
  const known = new Set<string>(signers.map(({ address }) => address))
  for (const account of new Set(journaled.map((attempt) => attempt.lane.toLowerCase()))) {
    if (known.has(account)) continue
    logger.warn('The journal holds transactions of an account whose key was not given', { account })
  }
}
