import type { Logger } from '@perun-watcher/core'
import type { SpendingCause, TransactionAttempt } from '@perun-watcher/core/adapter'
import type { Address } from '../../rpc/evm-client.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import type { LaneStart } from './lane-book.ts'
import { parseAttempt, type SignedTransaction } from './signed-transaction.ts'
import { type Attempt, newSlot, type Slot } from './slot.ts'
import { nothingExpected, spentNonces } from './spent-nonces.ts'

export interface RestoreLaneOptions {
  readonly account: Address
  readonly nodeRpc: NodeRpc
  readonly logger: Logger
  /** What the journal holds of this account. */
  readonly attempts: readonly TransactionAttempt[]
  /** How many nonces beyond the chain's are believed to wait at the node. */
  readonly maxPending: number
  readonly headNumber: bigint
  /** So many nonces are spent for sure, as far as it is remembered: blocks took ours. */
  readonly leastSpent: bigint
  /** Why something was sent with a nonce; `undefined`: nobody knows. */
  readonly causeOf: (nonce: bigint) => SpendingCause | undefined
}

/** Heads for which a transaction that waits at the node, and that the journal does not know, is left alone. */
const holdHeads = 3n

function cheapestFirst(a: SignedTransaction, b: SignedTransaction): number {
  return a.fees.maxFeePerGas < b.fees.maxFeePerGas ? -1 : 1
}

/** @param acceptedAt number of the head at which a node has something with this nonce waiting */
function restoreSlot(
  account: Address,
  nonce: bigint,
  found: readonly SignedTransaction[],
  acceptedAt: bigint | undefined,
  cause: SpendingCause | undefined,
): Slot {
  const attempts = found.toSorted(cheapestFirst).map(
    (signed): Attempt => ({
      ...signed,
      cancels: isCancel(account, signed),
      cause,
      isStored: true,
      isTried: true,
      isAside: false,
      isTooDear: false,
      acceptedAt,
    }),
  )
  const newest = attempts.at(-1)
  const call = newest === undefined || newest.cancels ? undefined : newest.call
  return newSlot(nonce, { call, cause, attempts, isRestored: true, mayBeKnown: true })
}

function isCancel(account: Address, { call }: SignedTransaction): boolean {
  return call.to === account && call.data === '0x'
}

/**
 * Where an account stands according to the chain and the journal. Every nonce with an entry in the journal gets a slot. What
 * is in it is not sent again unless somebody asks for the same call; a nonce that others wait behind is spent on nothing.
 *
 * Rejects with the errors of the node.
 */
export async function restoreLane(options: RestoreLaneOptions): Promise<LaneStart> {
  const { account, nodeRpc, logger, attempts, maxPending, headNumber } = options
  const expected = { ...nothingExpected, least: options.leastSpent }
  const [chainNonce, pending] = await Promise.all([
    spentNonces(nodeRpc, account, expected),
    spentNonces(nodeRpc, account, expected, 'pending'),
  ])
  const byNonce = new Map<bigint, SignedTransaction[]>()
  for (const attempt of attempts) {
    try {
      const signed = parseAttempt(attempt)
      byNonce.set(attempt.sequence, [...(byNonce.get(attempt.sequence) ?? []), signed])
    } catch (error) {
      logger.error('An entry of the journal cannot be read', { account, nonce: attempt.sequence }, error)
    }
  }
  const slots = [...byNonce].map(([nonce, found]) =>
    restoreSlot(account, nonce, found, nonce < pending ? headNumber : undefined, options.causeOf(nonce)),
  )

  // A node that reports more than it can hold is not believed; what it does hold would then be outbid.
  const believable = chainNonce + BigInt(maxPending)
  const holdUntil = headNumber + holdHeads
  for (let nonce = chainNonce; nonce < pending && nonce < believable; nonce++) {
    if (!byNonce.has(nonce)) slots.push(newSlot(nonce, { holdUntil, mayBeKnown: true }))
  }
  if (slots.length > 0) logger.info('Resuming transactions of a previous run', { account, nonces: slots.length })
  return { chainNonce, slots }
}
