import type { Block, ChainTime } from '@perun-watcher/core'
import type { Job } from './job.ts'
import { isSameCall } from './signed-transaction.ts'
import { costOf, feeCapOf, newSlot, type Slot } from './slot.ts'

export interface LaneStart {
  /** How many nonces blocks have spent. */
  readonly chainNonce: bigint
  /** The first nonce that is free. */
  readonly next: bigint
  readonly slots: readonly Slot[]
}

/**
 * The nonces of one account, without any input or output.
 *
 * Invariant: every nonce from the chain's up to `next` has a slot once {@link LaneBook.fillGaps} has run, so nothing that
 * waits is ever blocked by a nonce that nobody cares for.
 */
export class LaneBook {
  readonly #slots = new Map<bigint, Slot>()
  #chainNonce: bigint
  #next: bigint
  /** Everything below is final and forgotten; a node that reports less is behind. */
  #floor = 0n

  constructor(start: LaneStart) {
    this.#chainNonce = start.chainNonce
    this.#next = start.next
    for (const slot of start.slots) this.#slots.set(slot.nonce, slot)
  }

  get next(): bigint {
    return this.#next
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
    return this.slots().filter(({ status }) => status.type === 'waiting' || status.type === 'spent').length
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

  /** Adds slots for nonces from `next` on. */
  append(slots: readonly Slot[]): void {
    for (const slot of slots) {
      this.#slots.set(slot.nonce, slot)
      if (slot.nonce >= this.#next) this.#next = slot.nonce + 1n
    }
  }

  /** The chain has spent so many nonces, as of `head`. Fewer than before: a reorg, or a node that is behind. */
  observe(count: bigint, head: Block): void {
    this.#chainNonce = count > this.#floor ? count : this.#floor
    if (count > this.#next) this.#next = count
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

  slotOf(job: Job): Slot | undefined {
    return this.slots().find((slot) => slot.job === job)
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
      if (slot.nonce !== this.#next - 1n || slot.status.type !== 'waiting' || !isUnused) return
      this.#slots.delete(slot.nonce)
      this.#next = slot.nonce
    }
  }

  /** Gives every nonce that would block later ones a slot of its own, to be spent on nothing. */
  fillGaps(): void {
    const from = this.#chainNonce > this.#floor ? this.#chainNonce : this.#floor
    for (let nonce = from; nonce < this.#next; nonce++) {
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
    if (nonce + 1n > this.#floor) this.#floor = nonce + 1n
  }

  /** What the waiting transactions may cost together, in wei, without those of one nonce. */
  reserved(except?: bigint): bigint {
    return this.slots()
      .filter(({ nonce, status }) => nonce !== except && status.type === 'waiting')
      .reduce((sum, slot) => sum + costOf(slot), 0n)
  }
}

/** A slot whose block is gone: nodes may have forgotten its transactions. */
export function unmined(slot: Slot): Slot {
  return {
    ...slot,
    status: { type: 'waiting' },
    attempts: slot.attempts.map((attempt) => ({ ...attempt, acceptedAt: undefined })),
  }
}
