import type { ChainTime } from '@perun-watcher/core'
import type { SpendingBook, SpendingEntry, Spent } from '@perun-watcher/core/adapter'
import type { Address } from '../../rpc/evm-client.ts'
import type { Receipt } from '../node/parse-receipt.ts'
import type { LaneBook } from './lane-book.ts'
import { type Attempt, costOf, type Slot } from './slot.ts'

/**
 * What a block took for a transaction. A receipt is believed within what was signed: an endpoint that makes up sums must not
 * use up budgets.
 *
 * @param balance of the account, in wei, as read last; `undefined`: not known.
 */
export function spentOn(attempt: Attempt, receipt: Receipt, balance: bigint | undefined): Omit<Spent, 'block'> {
  const { call, cancels, fees, hash } = attempt
  const { gasUsed, effectiveGasPrice = fees.maxFeePerGas, dataFee = 0n } = receipt
  const work = gasUsed < call.gas ? gasUsed : call.gas
  const price = effectiveGasPrice < fees.maxFeePerGas ? effectiveGasPrice : fees.maxFeePerGas
  const isPayable = balance === undefined || dataFee <= balance
  return {
    type: cancels ? 'taken-back' : receipt.succeeded ? 'succeeded' : 'failed',
    hash,
    work,
    cost: work * price + (isPayable ? dataFee : 0n),
  }
}

/**
 * Writes what becomes of the nonces of a lane into the book of spending. Where a nonce was used for one call after another, each
 * transaction counts for what it was signed for; only after a restart all of them count for the last one.
 */
export interface LaneSpending {
  /** A transaction that may cost so much, in wei, is about to be signed. */
  expect(slot: Pick<Slot, 'nonce' | 'cause'>, most: bigint, time: ChainTime): void
  /** Nothing was signed. */
  forget(nonce: bigint): void
  /** Notes what is known of every nonce by now. */
  update(time: ChainTime): void
}

export function laneSpending(account: Address, book: LaneBook, spending: SpendingBook): LaneSpending {
  /** Nonces that the book of spending knows of, and that are not final yet. */
  let noted = new Set<bigint>()

  const keyOf = (sequence: bigint) => ({ lane: account, sequence })

  function forget(nonce: bigint): void {
    noted.delete(nonce)
    // What was paid stays: the nonce is final.
    if (spending.get(keyOf(nonce))?.outcome.type === 'pending') spending.drop(keyOf(nonce))
  }

  function note(slot: Pick<Slot, 'nonce' | 'cause'>, outcome: SpendingEntry['outcome'], time: ChainTime): void {
    noted.add(slot.nonce)
    spending.note({ ...keyOf(slot.nonce), cause: slot.cause, outcome, time })
  }

  function expected(slot: Pick<Slot, 'nonce' | 'cause'>, most: bigint, time: ChainTime): void {
    const before = spending.get(keyOf(slot.nonce))
    // When it was first signed: a day's budget is not asked twice for the same transaction.
    const since = before?.outcome.type === 'pending' ? before.time : time
    note(slot, { type: 'pending', most }, since)
  }

  return {
    expect: expected,
    forget,
    update(time) {
      const before = noted
      noted = new Set()
      for (const slot of book.slots()) {
        const { nonce, status, attempts } = slot
        if (status.type === 'mined') {
          const mined = attempts.find(({ hash }) => hash === status.spent.hash) ?? slot
          const outcome = { ...status.spent, block: status.block.number }
          note({ nonce, cause: mined.cause }, outcome, status.block.timestamp)
        } else if (status.type !== 'foreign' && attempts.length > 0) {
          expected({ nonce, cause: attempts.at(-1)?.cause }, costOf(slot), time)
        }
        before.delete(nonce)
        if (!noted.has(nonce)) forget(nonce)
      }
      for (const nonce of before) forget(nonce)
    },
  }
}
