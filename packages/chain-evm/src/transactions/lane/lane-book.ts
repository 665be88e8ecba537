import { type Block, type ChainTime, WatcherError } from '@perun-watcher/core'
import type { Job } from './job.ts'
import { isSameCall } from './signed-transaction.ts'
import { costOf, feeCapOf, newSlot, type Slot } from './slot.ts'

export interface LaneStart {
  /** How many nonces blocks have spent. */
  readonly chainNonce: bigint
  readonly slots: readonly Slot[]
}

/** More transactions than this nobody else sends from the account of the watcher without being noticed. */
const mostForeign = 256n

/**
 * The nonces of one account, without any input or output.
 *
 * Invariant: once {@link LaneBook.fillGaps} has run, every nonce from the chain's up to the highest in use has a slot, so
 * nothing that waits is ever blocked by a nonce that nobody cares for.
 */
export class LaneBook {
  readonly #slots = new Map<bigint, Slot>()
  #chainNonce: bigint
  /** Everything below is final and forgotten; a node that reports less is behind. */
  #floor = 0n
  #litter: bigint | undefined

  constructor(start: LaneStart) {
    this.#chainNonce = start.chainNonce
    for (const slot of start.slots) this.#slots.set(slot.nonce, slot)
  }

  /** The first nonce that is free. */
  get next(): bigint {
    let next = this.#chainNonce
    for (const nonce of this.#slots.keys()) if (nonce >= next) next = nonce + 1n
    return next
  }

  /** The highest nonce of which the journal holds something that was never sent and that nobody wants. */
  get litter(): bigint | undefined {
    return this.#litter
  }

  /** How many nonces blocks have spent, as last observed. */
  get chainNonce(): bigint {
    return this.#chainNonce
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0
  }

  /** How many transactions wait at the node, or may. */
  get waiting(): number {
    let waiting = 0
    for (const { status } of this.#slots.values()) if (status.type === 'waiting' || status.type === 'spent') waiting++
    return waiting
  }

  /** All slots in order of nonces. */
  slots(): readonly Slot[] {
    return [...this.#slots.values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1))
  }

  get(nonce: bigint): Slot | undefined {
    return this.#slots.get(nonce)
  }

  update(nonce: bigint, change: (slot: Slot) => Slot): void {
    const slot = this.#slots.get(nonce)
    if (slot !== undefined) this.#slots.set(nonce, change(slot))
  }

  add(slot: Slot): void {
    this.#slots.set(slot.nonce, slot)
  }

  /**
   * The chain has spent so many nonces, as of `head`. Fewer than before: a reorg, or a node that is behind.
   *
   * @throws WatcherError `CHAIN_DATA_INVALID` for a number that cannot be: nonces sent on its word would never be mined.
   */
  observe(count: bigint, head: Block): void {
    if (count > this.next + mostForeign) {
      throw new WatcherError('CHAIN_DATA_INVALID', 'The account cannot have sent as much as the node says.', {
        details: [`The node counts ${count} transactions; ${this.next} were expected.`],
      })
    }
    this.#chainNonce = count > this.#floor ? count : this.#floor
    for (const slot of this.#slots.values()) {
      const isSpent = slot.nonce < this.#chainNonce
      if (isSpent && slot.status.type === 'waiting') {
        this.#slots.set(slot.nonce, { ...slot, status: { type: 'spent', heads: 0, head } })
      }
      if (!isSpent && slot.status.type !== 'waiting') this.#slots.set(slot.nonce, unmined(slot))
    }
  }

  /** Nobody waits for this nonce any more; what was sent for it is to be taken back. */
  abandon(nonce: bigint): void {
    this.update(nonce, (slot) => ({ ...slot, job: undefined, call: undefined, window: undefined, cap: undefined }))
  }

  /** Something was written to the journal for this nonce and will not be sent; until it is forgotten, a restart would send it. */
  discard(nonce: bigint): void {
    if (this.#litter === undefined || nonce > this.#litter) this.#litter = nonce
  }

  slotOf(job: Job): Slot | undefined {
    for (const slot of this.#slots.values()) if (slot.job === job) return slot
    return undefined
  }

  /** Lets a job wait for a transaction that is under way already, does the same and has nobody; `false` if there is none. */
  adopt(job: Job, now: ChainTime): boolean {
    const { to, data, deadline } = job.request
    const found = this.slots().find(
      ({ status, call, job: owner }) =>
        status.type === 'waiting' && owner === undefined && call !== undefined && isSameCall(call, { to, data }),
    )
    if (found === undefined) return false
    const cap = feeCapOf(job.request, found.call?.gas ?? 1n)
    this.update(found.nonce, (slot) => ({ ...slot, job, cap, window: { start: now, deadline } }))
    return true
  }

  /** Slots whose deadline the chain's time has passed while no block has spent them. */
  expired(now: ChainTime): readonly Slot[] {
    return this.slots().filter(
      ({ status, window }) => status.type === 'waiting' && window !== undefined && window.deadline <= now,
    )
  }

  /** Gives up the highest nonces as long as nobody wants them and no node can have anything of them. */
  releaseTop(): void {
    for (const slot of this.slots().toReversed()) {
      const isUnused = slot.call === undefined && slot.job === undefined && !slot.mayBeKnown
      if (slot.status.type !== 'waiting' || !isUnused) return
      this.#slots.delete(slot.nonce)
      if (slot.attempts.length > 0) this.discard(slot.nonce)
    }
  }

  /** Gives every nonce that would block later ones a slot of its own, to be spent on nothing. */
  fillGaps(): void {
    const { next } = this
    for (let nonce = this.#chainNonce; nonce < next; nonce++) {
      if (!this.#slots.has(nonce)) this.#slots.set(nonce, newSlot(nonce))
    }
  }

  /** The lowest slots as long as `isFinal` says so: what can be forgotten. */
  finalSlots(isFinal: (slot: Slot) => boolean): readonly Slot[] {
    const slots = this.slots()
    const end = slots.findIndex((slot) => !isFinal(slot))
    return end === -1 ? slots : slots.slice(0, end)
  }

  /** Forgets all slots up to and including `nonce`. */
  forget(nonce: bigint): void {
    for (const key of [...this.#slots.keys()].filter((key) => key <= nonce)) this.#slots.delete(key)
    this.swept(nonce)
    if (nonce + 1n > this.#floor) this.#floor = nonce + 1n
    if (this.#chainNonce < this.#floor) this.#chainNonce = this.#floor
  }

  /** The journal holds nothing any more up to and including `nonce`. */
  swept(nonce: bigint): void {
    if (this.#litter !== undefined && this.#litter <= nonce) this.#litter = undefined
  }

  /** What the waiting transactions may cost together, in wei, without those of one nonce. */
  reserved(except?: bigint): bigint {
    let sum = 0n
    for (const slot of this.#slots.values()) {
      if (slot.status.type === 'waiting' && slot.nonce !== except) sum += costOf(slot)
    }
    return sum
  }
}

/** A slot whose block is gone: nodes may have forgotten its transactions. */
function unmined(slot: Slot): Slot {
  return {
    ...slot,
    status: { type: 'waiting' },
    attempts: slot.attempts.map((attempt) => ({ ...attempt, acceptedAt: undefined })),
  }
}
