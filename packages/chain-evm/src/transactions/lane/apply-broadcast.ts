import type { Logger } from '@perun-watcher/core'
import { assertNever, toError } from '@perun-watcher/core/adapter'
import type { Address } from '../../rpc/evm-client.ts'
import { balanceOf } from '../fees/balance-of.ts'
import type { BalanceWatch } from '../fees/balance-watch.ts'
import type { FeeView } from '../fees/fee-oracle.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import type { AccountReadings } from './account-readings.ts'
import { afterAside } from './aside.ts'
import type { BroadcastResult } from './broadcast.ts'
import type { Job } from './job.ts'
import type { LaneBook } from './lane-book.ts'
import { type Attempt, type Slot, stepDown, withAttempt } from './slot.ts'
import { tooLarge, underfunded } from './transaction-errors.ts'

export interface ApplyBroadcastDeps {
  readonly account: Address
  readonly book: LaneBook
  readonly balanceWatch: BalanceWatch
  readonly nodeRpc: NodeRpc
  readonly logger: Logger
  readonly readings: Pick<AccountReadings, 'forget'>
  /** Something else has the nonce of the job. */
  readonly onOvertaken: (job: Job) => void
}

/** A transaction that is to be sent now. */
export interface DueAttempt {
  readonly slot: Slot
  readonly attempt: Attempt
}

/** Writes the result of a broadcast into the book, and rejects the job where nothing can come of it. Never rejects. */
export async function applyBroadcast(
  deps: ApplyBroadcastDeps,
  { slot, attempt }: DueAttempt,
  result: BroadcastResult,
  view: FeeView,
): Promise<void> {
  const { account, book, logger } = deps
  const { nonce } = slot
  const fields = { account, nonce, hash: attempt.hash }
  book.update(nonce, (now) => withAttempt(now, attempt, { isTried: true }))
  if (attempt.isAside && result.type !== 'accepted') {
    book.update(nonce, (now) => afterAside(now, attempt, result, view))
    return
  }
  const isNewest = (now: Slot): boolean => now.attempts.findLast(({ isAside }) => !isAside)?.hash === attempt.hash
  switch (result.type) {
    case 'accepted':
      book.update(nonce, (now) => ({
        ...withAttempt(now, attempt, { acceptedAt: view.head.number }),
        mayBeKnown: true,
      }))
      slot.job?.noteSent()
      return
    case 'nonceTooLow':
      deps.readings.forget()
      onSpent(deps, slot, attempt, view)
      return
    case 'outbid':
      book.update(nonce, (now) => (isNewest(now) ? { ...now, force: 'outbid' } : now))
      return
    case 'feeTooLow':
      book.update(nonce, (now) => (isNewest(now) ? { ...now, force: 'replace' } : now))
      return
    case 'underfunded':
      logger.warn('The account cannot pay for a transaction', fields)
      deps.readings.forget()
      await onUnderfunded(deps, slot, attempt, view)
      return
    case 'tooExpensive':
      logger.warn('The node takes no transaction that may cost so much', { ...fields, ...attempt.fees })
      if (!stepDownFrom(book, nonce, attempt, view)) giveUp(book, slot, result.error)
      return
    case 'tooLarge':
      logger.error('The node takes no transaction of this size', fields, result.error)
      giveUp(book, slot, tooLarge(account, result.error))
      return
    case 'never':
      logger.error('The node refuses a transaction for good', fields, result.error)
      giveUp(book, slot, result.error)
      return
    case 'later':
      return
    case 'unknown':
      if (!slot.mayBeKnown) {
        logger.warn('It is unknown whether a transaction reached the node', fields, result.error)
      }
      book.update(nonce, (now) => ({ ...now, mayBeKnown: true }))
      return
    default:
      assertNever(result)
  }
}

/**
 * Another transaction was faster; or this very one, if the answer to an earlier broadcast was lost. If there was none, it needs
 * another nonce, and nothing has to be waited for.
 */
function onSpent(
  { book, onOvertaken }: ApplyBroadcastDeps,
  { nonce }: Slot,
  attempt: Attempt,
  { head }: FeeView,
): void {
  const now = book.get(nonce)
  book.update(nonce, (slot) => ({ ...slot, mayBeKnown: true }))
  if (now?.job === undefined || now.mayBeKnown || attempt.isTried) return
  book.abandon(nonce)
  // Until the count says otherwise; or the job would be given the same nonce again.
  book.update(nonce, (slot) => ({ ...slot, status: { type: 'spent', heads: 0, head, since: head.timestamp } }))
  onOvertaken(now.job)
}

async function onUnderfunded(
  { account, balanceWatch, book, nodeRpc }: ApplyBroadcastDeps,
  slot: Slot,
  attempt: Attempt,
  view: FeeView,
): Promise<void> {
  const { call, fees } = attempt
  const { market } = view
  const need = call.gas * fees.maxFeePerGas + book.reserved(slot.nonce)
  try {
    balanceWatch.note(await balanceOf(nodeRpc, account, balanceWatch.wanted(market)), market)
  } catch {
    // The node has just said that it is too little.
  }
  // There may be fees that nobody but the node knows of, such as those for the data of a rollup.
  if (stepDownFrom(book, slot.nonce, attempt, view)) return
  giveUp(book, slot, underfunded(account, balanceWatch.current() ?? 0n, need))
}

/** `false`: less would buy nothing, or the node had this very transaction before. */
function stepDownFrom(book: LaneBook, nonce: bigint, attempt: Attempt, view: FeeView): boolean {
  const now = book.get(nonce)
  // A node that had it has changed its mind, and may again.
  const wasAccepted = now?.attempts.some(({ hash, acceptedAt }) => hash === attempt.hash && acceptedAt !== undefined)
  const next = now === undefined || wasAccepted === true ? undefined : stepDown(now, attempt, view)
  if (next === undefined) return false
  book.update(nonce, () => next)
  return true
}

/** Rejects the job of a nonce, unless a node may have a transaction with it. */
function giveUp(book: LaneBook, { nonce }: Slot, error: unknown): void {
  const now = book.get(nonce)
  if (now?.job === undefined || now.mayBeKnown) return
  book.abandon(nonce)
  now.job.reject(toError(error))
}
