import type { Block } from '@perun-watcher/core'
import type { SpendingCause, Spent } from '@perun-watcher/core/adapter'
import {
  type FeeMarket,
  type Fees,
  type InclusionWindow,
  leastFee,
  type ReplacementForce,
  replacementFees,
  scheduledFees,
  windowUsed,
} from '../fees/fee-policy.ts'
import { type Call, isSameCall } from '../node/call.ts'
import type { Job, TransactionRequest } from './job.ts'
import type { SignedTransaction } from './signed-transaction.ts'

/**
 * What has become of a nonce.
 * - `waiting`: no block has spent it.
 * - `spent`: a block has, but none of our transactions was found in one. `heads` counts the heads seen
 *   since that chain time.
 * - `mined`: a block includes one of ours.
 * - `foreign`: a block includes a transaction that is not ours.
 */
export type SlotStatus =
  | { readonly type: 'waiting' }
  | { readonly type: 'spent'; readonly heads: number; readonly head: Block; readonly since: bigint }
  | { readonly type: 'mined'; readonly block: Block; readonly spent: Omit<Spent, 'block'> }
  | { readonly type: 'foreign'; readonly seen: Block }

/** A transaction that was signed, and how the node took it. */
export interface Attempt extends SignedTransaction {
  readonly cancels: boolean
  /** Why it was signed: another one with the same nonce may be there for another reason. `undefined`: nobody knows. */
  readonly cause: SpendingCause | undefined
  /** Whether the journal has it. */
  readonly isStored: boolean
  /** Whether it was ever sent, whatever the outcome. */
  readonly isTried: boolean
  /** Only for endpoints that refused a dearer one which another endpoint took. */
  readonly isAside: boolean
  /** The node never had it, because it costs more than the account has or than the node lets anybody pay. */
  readonly isTooDear: boolean
  /** Number of the head at which a node last had it. */
  readonly acceptedAt: bigint | undefined
}

/** What a node refused as too expensive is not offered again for a while: a smaller offer can be had. */
export interface Ceiling {
  /** Most that is offered, in wei per gas. */
  readonly fee: bigint
  /** Number of the head up to which it counts: the account may have been refilled by then. */
  readonly until: bigint
  /** For how many heads it counts; twice as many each time. */
  readonly heads: bigint
}

/**
 * Endpoints that refused for want of money, or by a cap of their own, what another one took. They get smaller offers, which do not
 * take the place of what was taken: only one of the two may be honest.
 */
export interface Aside {
  readonly endpoints: ReadonlySet<string>
  /** `undefined`: less would buy nothing. */
  readonly ceiling: Ceiling | undefined
  readonly force: ReplacementForce | undefined
}

/** One nonce of a lane with all that was ever sent for it. */
export interface Slot {
  readonly nonce: bigint
  /** What the nonce is for: a call, or (`undefined`) nothing, which means a transfer of zero to itself that spends the nonce. */
  readonly call: Call | undefined
  /** Who waits for it. */
  readonly job: Job | undefined
  readonly window: InclusionWindow | undefined
  /** Why anything was sent for it, also once nobody waits any more; `undefined`: nobody knows. */
  readonly cause: SpendingCause | undefined
  /** What the chain holds for the channel, in wei, where that is known. */
  readonly value: bigint | undefined
  /** What is set aside for the data of a transaction, besides its gas, in wei. */
  readonly dataFee: bigint
  readonly ceiling: Ceiling | undefined
  readonly aside: Aside | undefined
  readonly status: SlotStatus
  /** Oldest first. Of those that a node may have, the newest offers most. */
  readonly attempts: readonly Attempt[]
  readonly force: ReplacementForce | undefined
  /** Send nothing until the chain has this head: an unknown transaction that waits with this nonce may yet be mined. */
  readonly holdUntil: bigint
  /** It comes from the journal of an earlier run, and nobody has asked for its call since. */
  readonly isRestored: boolean
  /** By the word of an endpoint it is spent, so that it is given to nobody else. */
  readonly isDisputed: boolean
  /** `false`: the node refused every broadcast, so no block can include any of it. */
  readonly mayBeKnown: boolean
}

export function newSlot(nonce: bigint, fields: Partial<Omit<Slot, 'nonce'>> = {}): Slot {
  return {
    nonce,
    call: undefined,
    job: undefined,
    window: undefined,
    cause: undefined,
    value: undefined,
    dataFee: 0n,
    ceiling: undefined,
    aside: undefined,
    status: { type: 'waiting' },
    attempts: [],
    force: undefined,
    holdUntil: 0n,
    isRestored: false,
    isDisputed: false,
    mayBeKnown: false,
    ...fields,
  }
}

export type SlotAction =
  | { readonly type: 'none' }
  | { readonly type: 'send'; readonly attempts: readonly Attempt[] }
  | { readonly type: 'sign'; readonly fees: Fees }

/** Heads after which a transaction is sent again, although a node had it: nodes forget. */
const resendAfterHeads = 3n

export interface SlotContext {
  readonly headNumber: bigint
  readonly market: FeeMarket
  /** Of the window that matters, in parts per million; see {@link urgencies}. */
  readonly used: bigint
  /** Most that may be offered, in wei per gas. */
  readonly cap: bigint
}

/**
 * Whether it was signed by an earlier run, and nobody has asked for it again. The dispute that it was for may be over, and
 * sending it could open one on a healthy channel.
 */
export function isUnclaimed({ isRestored, call, job, status }: Slot): boolean {
  return isRestored && call !== undefined && job === undefined && status.type === 'waiting'
}

/**
 * Whether nobody wants anything of the nonce any more, so that another call can have it instead of nothing. Not yet while
 * something unknown may still be mined with it.
 */
export function isVacant({ call, job, status, holdUntil, isDisputed }: Slot, headNumber: bigint): boolean {
  if (isDisputed) return false
  return call === undefined && job === undefined && status.type === 'waiting' && holdUntil <= headNumber
}

/** Whether the node may have forgotten a transaction, or never had it. */
export function isDue(attempt: Attempt, headNumber: bigint): boolean {
  // A head below the recorded one: the chain was cut back, and nobody knows what the node kept.
  const { acceptedAt } = attempt
  return acceptedAt === undefined || headNumber < acceptedAt || headNumber - acceptedAt >= resendAfterHeads
}

/** Heads for which a ceiling counts at first. */
const shortestCeiling = 8n

/**
 * Steps down from an offer that a node refused as too expensive: half of it from now on, and the market's price at once
 * unless the node has a cheaper one. `undefined`: less would buy nothing.
 */
export function stepDown(
  { ceiling, ...slot }: Slot,
  refused: Attempt,
  { head, market }: { readonly head: Pick<Block, 'number'>; readonly market: FeeMarket },
): Slot | undefined {
  const least = leastFee(market)
  const { maxFeePerGas } = refused.fees
  if (maxFeePerGas <= least) return undefined
  const half = maxFeePerGas / 2n
  const heads =
    ceiling === undefined ? shortestCeiling : ceiling.until > head.number ? ceiling.heads : 2n * ceiling.heads
  return {
    ...slot,
    ceiling: { fee: half > least ? half : least, until: head.number + heads, heads },
    force: undefined,
    attempts: slot.attempts.map((each) => (each.hash === refused.hash ? { ...each, isTooDear: true } : each)),
  }
}

/** What to do next for a nonce that no block has spent. */
export function planSlot(slot: Slot, { headNumber, market: prices, used, cap }: SlotContext): SlotAction {
  if (slot.status.type !== 'waiting' || slot.holdUntil > headNumber || isUnclaimed(slot)) return { type: 'none' }
  const alive = slot.attempts.filter(({ isTooDear }) => !isTooDear)
  const newest = alive.at(-1)
  // What was refused as too expensive is followed by what the market asks; the schedule goes on from there.
  if (newest === undefined) {
    return { type: 'sign', fees: scheduledFees(prices, slot.attempts.length === 0 ? used : 0n, cap) }
  }

  const { call } = slot
  const changes = call === undefined ? !newest.cancels : newest.cancels || !isSameCall(newest.call, call)
  // What was just signed is sent before it is replaced: an answer may be all that is missing.
  if (!newest.isTried && !changes) return { type: 'send', attempts: [newest] }
  const force = slot.force ?? (changes ? 'replace' : undefined)
  const fees = replacementFees(newest.fees, { market: prices, used, cap, force })
  if (fees !== undefined) return { type: 'sign', fees }

  const attempts = resends(slot, headNumber)
  return attempts.length === 0 ? { type: 'none' } : { type: 'send', attempts }
}

/**
 * What a node may have forgotten, or never had, and is to have as it is. While it does not take the newest one, the one that it
 * took must be kept alive, too.
 */
export function resends({ attempts }: Slot, headNumber: bigint): readonly Attempt[] {
  const alive = attempts.filter(({ isTooDear }) => !isTooDear)
  const newest = alive.at(-1)
  const accepted = alive.findLast((attempt) => attempt.acceptedAt !== undefined)
  return [...new Set([accepted, newest])]
    .filter((attempt) => attempt !== undefined)
    .filter((attempt) => isDue(attempt, headNumber))
}

/**
 * How urgent each nonce is, in parts per million: blocks take nonces in order, so a nonce is as urgent as the most urgent
 * one behind it.
 *
 * @param slots - in order of nonces
 */
export function urgencies(slots: readonly Slot[], now: bigint): readonly bigint[] {
  const used: bigint[] = []
  let most = 0n
  for (const slot of slots.toReversed()) {
    const own = slot.window === undefined || slot.status.type !== 'waiting' ? 0n : windowUsed(slot.window, now)
    if (own > most) most = own
    used.unshift(most)
  }
  return used
}

/** Of a window, the last part in which an answer is sent even if it cannot be stored; and no less than so many seconds. */
const pressing = { part: 4n, seconds: 60n } as const

/** Whether so little time is left for what a job or a window wants that nothing may keep it from being sent. */
export function isPressing(request: TransactionRequest, start: bigint, now: bigint): boolean {
  const opened = request.purpose?.opened ?? start
  const share = (request.deadline - opened) / pressing.part
  return request.deadline - now <= (share > pressing.seconds ? share : pressing.seconds)
}

/** Most that the transactions of a nonce may cost, in wei. */
export function costOf({ attempts, dataFee }: Slot): bigint {
  return attempts.reduce((most, { call, fees, isTooDear }) => {
    const cost = call.gas * fees.maxFeePerGas + dataFee
    return cost > most && !isTooDear ? cost : most
  }, 0n)
}

/** The slot with other fields in one of its attempts. */
export function withAttempt(slot: Slot, { hash }: Pick<Attempt, 'hash'>, fields: Partial<Attempt>): Slot {
  const attempts = slot.attempts.map((other) => (other.hash === hash ? { ...other, ...fields } : other))
  return { ...slot, attempts }
}
