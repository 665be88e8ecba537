import { type Block, type ChainTime, type TransactionHash, WatcherError } from '@perun-watcher/core'
import { type Call, isSameCall } from '../node/call.ts'
import type { Job } from './job.ts'
import { type Attempt, costOf, isDue, isUnclaimed, isVacant, newSlot, type Slot } from './slot.ts'

export interface LaneStart {
  /** How many nonces blocks have spent. */
  readonly chainNonce: bigint
  readonly slots: readonly Slot[]
}

/**
 * The nonces of one account, without any input or output.
 *
 * Invariant: once `fillGaps` has run, every nonce from the chain's up to the highest in use has a slot, so nothing that
 * waits is ever blocked by a nonce that has none.
 */
export interface LaneBook {
  /** The first nonce that is free. */
  readonly next: bigint
  /** How many nonces blocks have spent, as last observed. */
  readonly chainNonce: bigint
  readonly isEmpty: boolean
  /** How many transactions wait at the node, or may, without those whose nonces others can have. */
  readonly waiting: number
  /** The highest nonce for which the journal holds a transaction that was never sent and that nobody wants. */
  readonly discarded: bigint | undefined
  /** All slots in order of nonces. */
  slots(): readonly Slot[]
  get(nonce: bigint): Slot | undefined
  update(nonce: bigint, change: (slot: Slot) => Slot): void
  add(slot: Slot): void
  /**
   * The chain has spent so many nonces, as of `head`. Fewer than before: a reorg, or a node that is behind. Fewer than were
   * final is believed when several heads in a row say so.
   *
   * @returns how many nonces that were final the chain has taken back.
   * @throws WatcherError `CHAIN_DATA_INVALID` for an impossible count: nonces sent on its word would never be mined.
   */
  observe(count: bigint, head: Block): bigint
  /** Starts anew where the chain stands: it took back more than can be filled. */
  restart(): void
  /** Nobody waits for this nonce any more; what was sent for it is to be taken back, unless somebody else has use for it. */
  abandon(nonce: bigint): void
  /**
   * An endpoint says that these nonces are spent, and another one that they are not. None of them is given to a job any more; each
   * is taken from its job once.
   *
   * @returns whose nonces they were.
   */
  dispute(nonces: readonly bigint[], head: Block): readonly Job[]
  /** The lowest nonce that nobody wants, as of the head of this number. */
  vacant(headNumber: bigint): Slot | undefined
  /** Lets a job have a nonce that nobody wants: what was sent for it is replaced by the job's call. */
  occupy(nonce: bigint, job: Job, wanted: Pick<Slot, 'call' | 'dataFee' | 'window'>): void
  /**
   * Abandons what an earlier run left and nobody asked for again, where it keeps the nonces behind it from being mined. What
   * a node had waiting lately, as of the head of this number, keeps nothing back, unless it offers less than the base fee.
   */
  abandonUnclaimed(headNumber: bigint, baseFeePerGas: bigint): void
  /** The journal holds a transaction for this nonce that will not be sent; until it is forgotten, a restart would send it. */
  discard(nonce: bigint): void
  /** The journal holds nothing any more up to and including `nonce`. */
  clearDiscarded(nonce: bigint): void
  slotOf(job: Job): Slot | undefined
  /** What was signed for any of the nonces, by the hash that the chain knows it by. */
  attempt(hash: TransactionHash): Attempt | undefined
  /** Lets a job wait for a transaction that does the same, waits at the node and has no job; `false` if there is none. */
  adopt(job: Job, now: ChainTime): boolean
  /** Slots whose deadline the chain's time has passed while no block has spent them. */
  expired(now: ChainTime): readonly Slot[]
  /** Gives up the highest nonces as long as nobody wants them and no node can have a transaction with them. */
  releaseTop(): void
  /** Gives every nonce that would block later ones a slot of its own, to be spent on nothing. */
  fillGaps(): void
  /** The lowest slots as long as `isFinal` says so: what can be forgotten. */
  finalSlots(isFinal: (slot: Slot) => boolean): readonly Slot[]
  /** Forgets all slots up to and including `nonce`. */
  forget(nonce: bigint): void
  /** What the waiting transactions may cost together, in wei, without those of one nonce. */
  reserved(except?: bigint): bigint
}

/** If others sent more transactions than this from the watcher's account, it would have been noticed. */
const maxForeign = 256n

/**
 * A node that is behind is soon no longer, and of several behind one endpoint not all are: so many heads in a row, and seconds of
 * chain time between the first of them and the last, however fast blocks come.
 */
const untilBelieved = { heads: 4, seconds: 20n } as const

/** Heads in a row as of which the node reported less than is final, the last of them, and when the first was. */
interface Below {
  readonly heads: number
  readonly hash: string
  readonly since: bigint | undefined
}

const nothingBelow: Below = { heads: 0, hash: '', since: undefined }

export function laneBook(start: LaneStart): LaneBook {
  const slots = new Map(start.slots.map((slot) => [slot.nonce, slot]))
  let { chainNonce } = start
  /** Everything below is final and forgotten; a node that reports less is behind. */
  let floor = 0n
  /** Heads in a row as of which the node reported less than that. */
  let below = nothingBelow
  let discarded: bigint | undefined

  /** Lowers the floor where several heads in a row say so, and tells by how much. */
  function lowerFloor(count: bigint, { hash, timestamp }: Block): bigint {
    if (count >= floor) below = nothingBelow
    else if (below.hash !== hash) below = { heads: below.heads + 1, hash, since: below.since ?? timestamp }
    // A chain that was reset may have begun at an earlier time.
    const passed = timestamp - (below.since ?? timestamp)
    const isLong = passed >= untilBelieved.seconds || -passed >= untilBelieved.seconds
    if (below.heads < untilBelieved.heads || !isLong) return 0n
    const takenBack = floor - count
    floor = count
    below = nothingBelow
    return takenBack
  }

  const book: LaneBook = {
    get next() {
      let next = chainNonce
      for (const nonce of slots.keys()) if (nonce >= next) next = nonce + 1n
      return next
    },

    get chainNonce() {
      return chainNonce
    },

    get isEmpty() {
      return slots.size === 0
    },

    get waiting() {
      let waiting = 0
      for (const slot of slots.values()) {
        const { type } = slot.status
        // What nobody asks for takes no place from what somebody does.
        const isFree = isUnclaimed(slot) || isVacant(slot, 0n) || (slot.isDisputed && slot.job === undefined)
        if ((type === 'waiting' || type === 'spent') && !isFree) waiting++
      }
      return waiting
    },

    get discarded() {
      return discarded
    },

    slots: () => [...slots.values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1)),

    get: (nonce) => slots.get(nonce),

    update(nonce, change) {
      const slot = slots.get(nonce)
      if (slot !== undefined) slots.set(nonce, change(slot))
    },

    add(slot) {
      slots.set(slot.nonce, slot)
    },

    observe(count, head) {
      if (count > book.next + maxForeign) {
        throw new WatcherError('CHAIN_DATA_INVALID', 'The account cannot have sent as much as the node says.', {
          details: [`The node counts ${count} transactions; ${book.next} were expected.`],
        })
      }
      const takenBack = lowerFloor(count, head)
      chainNonce = count > floor ? count : floor
      for (const slot of slots.values()) {
        const isSpent = slot.nonce < chainNonce
        if (isSpent && slot.status.type === 'waiting') {
          slots.set(slot.nonce, { ...slot, status: { type: 'spent', heads: 0, head, since: head.timestamp } })
        }
        if (!isSpent && slot.status.type !== 'waiting') slots.set(slot.nonce, unmined(slot))
      }
      return takenBack
    },

    restart() {
      slots.clear()
    },

    abandon(nonce) {
      book.update(nonce, (slot) => ({ ...slot, job: undefined, call: undefined, window: undefined }))
    },

    dispute(nonces, head) {
      const moved: Job[] = []
      for (const nonce of nonces) {
        const { job, status, isDisputed } = slots.get(nonce) ?? newSlot(nonce)
        if (isDisputed || status.type === 'mined' || status.type === 'foreign') continue
        if (!slots.has(nonce)) slots.set(nonce, newSlot(nonce))
        book.abandon(nonce)
        // Until the next count; or the job would be given the same nonce again.
        const next: Slot['status'] = { type: 'spent', heads: 0, head, since: head.timestamp }
        book.update(nonce, (slot) => ({ ...slot, isDisputed: true, status: job === undefined ? status : next }))
        if (job !== undefined) moved.push(job)
      }
      return moved
    },

    vacant: (headNumber) => book.slots().find((slot) => isVacant(slot, headNumber)),

    occupy(nonce, job, wanted) {
      const { purpose: cause, value } = job.request
      book.update(nonce, (slot) => ({ ...slot, ...wanted, job, cause, value, isRestored: false }))
    },

    abandonUnclaimed(headNumber, baseFeePerGas) {
      const last = book.slots().findLast(({ job }) => job !== undefined)?.nonce
      if (last === undefined) return
      for (const slot of slots.values()) {
        if (slot.nonce >= last || !isUnclaimed(slot)) continue
        const mayBeMined = slot.attempts.some(
          (attempt) => attempt.fees.maxFeePerGas >= baseFeePerGas && !isDue(attempt, headNumber),
        )
        if (!mayBeMined) book.abandon(slot.nonce)
      }
    },

    discard(nonce) {
      if (discarded === undefined || nonce > discarded) discarded = nonce
    },

    clearDiscarded(nonce) {
      if (discarded !== undefined && discarded <= nonce) discarded = undefined
    },

    slotOf(job) {
      for (const slot of slots.values()) if (slot.job === job) return slot
      return undefined
    },

    attempt(hash) {
      for (const { attempts } of slots.values()) {
        const found = attempts.find((each) => each.hash === hash)
        if (found !== undefined) return found
      }
      return undefined
    },

    adopt(job, now) {
      const { deadline, purpose: cause, value } = job.request
      for (const slot of book.slots()) {
        const call = adoptableCall(slot, job.request)
        if (call === undefined) continue
        slots.set(slot.nonce, {
          ...slot,
          job,
          call,
          cause: cause ?? slot.cause,
          value,
          window: { start: now, deadline },
          isRestored: false,
        })
        return true
      }
      return false
    },

    expired: (now) =>
      book
        .slots()
        .filter(({ status, window }) => status.type === 'waiting' && window !== undefined && window.deadline <= now),

    releaseTop() {
      for (const slot of book.slots().toReversed()) {
        const isUnused = slot.call === undefined && slot.job === undefined && !slot.mayBeKnown
        if (slot.status.type !== 'waiting' || !isUnused) return
        slots.delete(slot.nonce)
        if (slot.attempts.length > 0) book.discard(slot.nonce)
      }
    },

    fillGaps() {
      const { next } = book
      for (let nonce = chainNonce; nonce < next; nonce++) {
        if (!slots.has(nonce)) slots.set(nonce, newSlot(nonce))
      }
    },

    finalSlots(isFinal) {
      const sorted = book.slots()
      const end = sorted.findIndex((slot) => !isFinal(slot))
      return end === -1 ? sorted : sorted.slice(0, end)
    },

    forget(nonce) {
      for (const key of [...slots.keys()].filter((key) => key <= nonce)) slots.delete(key)
      book.clearDiscarded(nonce)
      if (nonce + 1n > floor) floor = nonce + 1n
      if (chainNonce < floor) chainNonce = floor
    },

    reserved(except) {
      let sum = 0n
      for (const slot of slots.values()) {
        if (slot.status.type === 'waiting' && slot.nonce !== except && !isUnclaimed(slot)) sum += costOf(slot)
      }
      return sum
    },
  }
  return book
}

/**
 * What a waiting slot without a job may still do, if it is what is asked for: its call, or one that was abandoned and not yet
 * taken back. A second transaction for the same call would only be paid for twice.
 */
function adoptableCall({ status, job, call, attempts }: Slot, wanted: Omit<Call, 'gas'>): Call | undefined {
  if (status.type !== 'waiting' || job !== undefined) return undefined
  if (call !== undefined) return isSameCall(call, wanted) ? call : undefined
  const newest = attempts.findLast(({ isTooDear }) => !isTooDear)
  const isTakenBack = newest === undefined || (newest.cancels && newest.acceptedAt !== undefined)
  if (isTakenBack) return undefined
  return attempts.findLast((attempt) => !attempt.cancels && isSameCall(attempt.call, wanted))?.call
}

/** A slot whose block is gone: nodes may have forgotten its transactions. */
function unmined(slot: Slot): Slot {
  return {
    ...slot,
    status: { type: 'waiting' },
    attempts: slot.attempts.map((attempt) => ({ ...attempt, acceptedAt: undefined })),
  }
}
