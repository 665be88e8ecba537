import type { Logger } from '@perun-watcher/core'
import type { SpendingBook } from '@perun-watcher/core/adapter'
import type { Address } from '../../rpc/evm-client.ts'
import { affordableFee, believableDataFee } from '../fees/affordable-fee.ts'
import type { BalanceWatch } from '../fees/balance-watch.ts'
import type { FeeView } from '../fees/fee-oracle.ts'
import { askedFee, type Fees, type InclusionWindow, scheduledFees, windowUsed } from '../fees/fee-policy.ts'
import { compareUrgency } from './fair-order.ts'
import type { Job } from './job.ts'
import type { LaneBook } from './lane-book.ts'
import type { LaneSpending } from './lane-spending.ts'
import type { Prepared } from './prepare.ts'
import { type SignAttemptDeps, signAttempt } from './sign-attempt.ts'
import { costOf, isPressing, newSlot, type Slot } from './slot.ts'
import { underfunded } from './transaction-errors.ts'

/** A job that is ready to get a nonce. */
export interface Arrival {
  readonly job: Job
  readonly prepared: Prepared
  readonly window: InclusionWindow
  /** Without an error: the lane looks after the job from now on, or nobody waits for it any more. */
  readonly done: (error?: unknown) => void
}

export interface AdmitDeps extends SignAttemptDeps {
  readonly account: Address
  readonly book: LaneBook
  readonly balanceWatch: BalanceWatch
  readonly logger: Logger
  readonly spending: Pick<SpendingBook, 'room' | 'refuse'>
  readonly laneSpending: LaneSpending
  /** The operator's cap, in wei per gas. */
  readonly feeCap: bigint
}

/** An arrival, and what is set aside for its data, in wei. */
interface Candidate extends Arrival {
  readonly dataFee: bigint
}

/**
 * What can be offered for a job at first, given that `promised` wei of the balance belong to others. An account that
 * cannot pay for the comfortable ceiling offers what it has, as long as that buys a place in the next block.
 */
function offerFor(
  { prepared, job, window, dataFee }: Candidate,
  promised: bigint,
  { account, balanceWatch, feeCap, spending }: AdmitDeps,
  { market, time }: FeeView,
): Fees | Error {
  const { gas } = prepared.call
  const { purpose, value } = job.request
  const room = purpose && spending.room(purpose, time, { value })
  const asked = askedFee(market)
  const need = { gas, dataFee, asked }
  const budgeted = room && affordableFee(room.most, need)
  const allowed = budgeted !== undefined && budgeted < feeCap ? budgeted : feeCap
  if (room !== undefined && room.most < asked * gas) return spending.refuse(room, asked * gas)
  const within = (limit: bigint): Fees => scheduledFees(market, windowUsed(window, time), limit)
  const balance = prepared.balance ?? balanceWatch.current()
  if (balance === undefined) return within(allowed)
  const affordable = affordableFee(balance - promised, need)
  const least = asked < allowed ? asked : allowed
  if (affordable < least) return underfunded(account, balance, promised + least * gas)
  return within(affordable < allowed ? affordable : allowed)
}

async function sign(
  deps: AdmitDeps,
  { job, prepared, window, dataFee }: Candidate,
  nonce: bigint,
  fees: Fees,
  now: bigint,
): Promise<Slot> {
  const { call } = prepared
  const hurry = isPressing(job.request, window.start, now)
  const { purpose: cause, value } = job.request
  const attempt = await signAttempt(deps, { nonce, call, cause, fees, cancels: false, isPressing: hurry })
  deps.logger.info('A transaction was signed', { account: deps.account, nonce, hash: attempt.hash, ...fees })
  return newSlot(nonce, { call, job, window, cause, value, dataFee, attempts: [attempt] })
}

/** Notes how many nonces the chain had spent when the job was prepared. `false`: an impossible count; the job is told. */
function noteChainNonce(book: LaneBook, { prepared, done }: Arrival): boolean {
  try {
    const { chainNonce, view } = prepared
    if (chainNonce !== undefined && chainNonce > book.chainNonce) book.observe(chainNonce, view.head)
    return true
  } catch (error) {
    done(error)
    return false
  }
}

/**
 * Gives nonces to jobs, first answers and the most urgent first, and adds them to the book, ready to be sent: those that nobody
 * wants any more before new ones, or what they are spent on instead would hold up all that come after it. Tells each through
 * `done`, and never rejects.
 */
export async function admit(deps: AdmitDeps, arrivals: readonly Arrival[], view: FeeView): Promise<void> {
  const { book, balanceWatch, laneSpending } = deps
  // First, because it moves the nonce that is next: somebody may have used the account while the lane was idle.
  const waiting = arrivals
    .filter((arrival) => noteChainNonce(book, arrival))
    .toSorted((a, b) => compareUrgency(a.job, b.job))
  let promised = book.reserved()
  let nonce = book.next
  const signing: Promise<void>[] = []
  const admitOne = async (arrival: Candidate, at: bigint, offer: Fees): Promise<void> => {
    try {
      const slot = await sign(deps, arrival, at, offer, view.time)
      // Whoever stopped waiting in the meantime needs no nonce: nothing was sent.
      if (arrival.job.signal.aborted) {
        laneSpending.forget(at)
        book.discard(at)
      } else book.add(slot)
      arrival.done()
    } catch (error) {
      laneSpending.forget(at)
      arrival.done(error)
    }
  }
  for (const arrival of waiting) {
    if (arrival.job.signal.aborted) {
      arrival.done()
      continue
    }
    const { balance = balanceWatch.current(), call } = arrival.prepared
    const candidate = { ...arrival, dataFee: believableDataFee(arrival.prepared.dataFee, balance) }
    balanceWatch.noteCost({ gas: call.gas, dataFee: candidate.dataFee })
    if (arrival.prepared.balance !== undefined) balanceWatch.note(arrival.prepared.balance, view.market)
    const vacant = book.vacant(view.head.number)
    const before = vacant === undefined ? 0n : costOf(vacant)
    const offer = offerFor(candidate, promised - before, deps, view)
    if (!('maxFeePerGas' in offer)) {
      arrival.done(offer)
      continue
    }
    const most = call.gas * offer.maxFeePerGas + candidate.dataFee
    promised += most > before ? most - before : 0n
    if (vacant !== undefined) {
      // The sender signs what outbids what is there.
      book.occupy(vacant.nonce, arrival.job, { call, dataFee: candidate.dataFee, window: arrival.window })
      arrival.done()
      continue
    }
    // Before the next one asks what is left of the budgets, and before the journal has what a crash would find.
    laneSpending.expect({ nonce, cause: arrival.job.request.purpose }, most, view.time)
    signing.push(admitOne(candidate, nonce++, offer))
  }
  await Promise.all(signing)
}
