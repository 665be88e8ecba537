import type { Logger, WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import type { BalanceWatch } from '../fees/balance-watch.ts'
import type { FeeView } from '../fees/fee-oracle.ts'
import { type Fees, type InclusionWindow, scheduledFees, windowUsed } from '../fees/fee-policy.ts'
import { compareUrgency } from './fair-order.ts'
import type { Job } from './job.ts'
import type { LaneBook } from './lane-book.ts'
import type { Prepared } from './prepare.ts'
import { type SignAttemptDeps, signAttempt } from './sign-attempt.ts'
import { feeCapOf, isPressing, newSlot, type Slot } from './slot.ts'
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
  /** The operator's cap, in wei per gas. */
  readonly feeCap: bigint
}

interface Offer {
  readonly fees: Fees
  readonly cap: bigint | undefined
}

/**
 * What can be offered for a job at first, given that `promised` wei of the balance belong to others. An account that
 * cannot pay for the comfortable ceiling offers what it has, as long as that buys a place in the next block.
 */
function offerFor(
  { prepared, job, window }: Arrival,
  promised: bigint,
  { account, balanceWatch, feeCap }: AdmitDeps,
  { market, time }: FeeView,
): Offer | WatcherError {
  const { gas } = prepared.call
  const cap = feeCapOf(job.request, gas)
  const allowed = cap !== undefined && cap < feeCap ? cap : feeCap
  const within = (limit: bigint): Offer => ({ cap, fees: scheduledFees(market, windowUsed(window, time), limit) })
  const balance = prepared.balance ?? balanceWatch.current()
  if (balance === undefined) return within(allowed)
  const available = balance > promised ? balance - promised : 0n
  const affordable = available / gas
  // Not the tip: what the market is said to tip must not keep anybody from sending.
  const asked = market.baseFeePerGas + 1n
  const least = asked < allowed ? asked : allowed
  if (affordable < least) return underfunded(account, balance, promised + least * gas)
  return within(affordable < allowed ? affordable : allowed)
}

async function sign(
  deps: AdmitDeps,
  { job, prepared, window }: Arrival,
  nonce: bigint,
  { fees, cap }: Offer,
  now: bigint,
): Promise<Slot> {
  const { call } = prepared
  const hurry = isPressing(job.request, window.start, now)
  const attempt = await signAttempt(deps, { nonce, call, fees, cancels: false, isPressing: hurry })
  deps.logger.info('A transaction was signed', { account: deps.account, nonce, hash: attempt.hash, ...fees })
  return newSlot(nonce, { call, job, window, cap, attempts: [attempt] })
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
 * Gives nonces to jobs, first answers and the most urgent first, and adds them to the book, ready to be sent. Tells each through `done`,
 * and never rejects.
 */
export async function admit(deps: AdmitDeps, arrivals: readonly Arrival[], view: FeeView): Promise<void> {
  const { book, balanceWatch } = deps
  // First, because it moves the nonce that is next: somebody may have used the account while the lane was idle.
  const waiting = arrivals
    .filter((arrival) => noteChainNonce(book, arrival))
    .toSorted((a, b) => compareUrgency(a.job, b.job))
  let promised = book.reserved()
  let nonce = book.next
  const signing: Promise<void>[] = []
  const admitOne = async (arrival: Arrival, at: bigint, offer: Offer): Promise<void> => {
    try {
      const slot = await sign(deps, arrival, at, offer, view.time)
      // Whoever stopped waiting in the meantime needs no nonce: nothing was sent.
      if (arrival.job.signal.aborted) book.discard(at)
      else book.add(slot)
      arrival.done()
    } catch (error) {
      arrival.done(error)
    }
  }
  for (const arrival of waiting) {
    if (arrival.job.signal.aborted) {
      arrival.done()
      continue
    }
    balanceWatch.noteGas(arrival.prepared.call.gas)
    if (arrival.prepared.balance !== undefined) balanceWatch.note(arrival.prepared.balance, view.market)
    const offer = offerFor(arrival, promised, deps, view)
    if ('fees' in offer) {
      promised += arrival.prepared.call.gas * offer.fees.maxFeePerGas
      signing.push(admitOne(arrival, nonce++, offer))
    } else {
      arrival.done(offer)
    }
  }
  await Promise.all(signing)
}
