import { assertNever } from '@perun-watcher/core'
import type { BalanceWatch } from '../fees/balance-watch.ts'
import type { FeeView } from '../fees/fee-oracle.ts'
import type { Fees } from '../fees/fee-policy.ts'
import { type BroadcastDeps, type BroadcastResult, broadcast, signAttempt } from './broadcast.ts'
import type { LaneBook } from './lane-book.ts'
import { gasWithMargin, underfunded } from './prepare.ts'
import type { Call } from './signed-transaction.ts'
import { type Attempt, planSlot, type Slot, urgencies } from './slot.ts'

export interface LaneSenderDeps extends BroadcastDeps {
  readonly book: LaneBook
  readonly balances: BalanceWatch
  /** The operator's cap, in wei per gas. */
  readonly feeCap: bigint
}

export interface SendOutcome {
  /** Something else is to be sent at once. */
  readonly again: boolean
  /** The node has seen a nonce spent that the lane holds for free. */
  readonly resync: boolean
}

interface DueAttempt {
  readonly slot: Slot
  readonly attempt: Attempt
}

/** What a plain transfer costs on Ethereum; chains where it costs more are asked. */
const transferGas = 21_000n

/** Keeps the waiting transactions of one lane alive: signs, replaces, sends, sends again. */
export class LaneSender {
  readonly #deps: LaneSenderDeps
  #cancelGas: bigint | undefined
  #isTight = false

  constructor(deps: LaneSenderDeps) {
    this.#deps = deps
  }

  /** The balance limits what can be offered, so it should be read again. */
  get isTight(): boolean {
    return this.#isTight
  }

  /** Does what is due for every nonce that no block has spent. Never rejects. */
  async advance(view: FeeView): Promise<SendOutcome> {
    const { book } = this.#deps
    this.#isTight = false
    await this.#learnCancelGas(view)
    const slots = book.slots().filter(({ status }) => status.type === 'waiting')
    const used = urgencies(slots, view.time)
    const parcels = await Promise.all(slots.map((slot, index) => this.#next(slot, used[index] ?? 0n, view)))
    // Started in order of nonces; some nodes refuse a nonce before they have the one below.
    const results = await Promise.all(
      parcels.flat().map(async (parcel) => ({ parcel, delivery: await broadcast(this.#deps, parcel.attempt) })),
    )
    let again = false
    let resync = false
    for (const { parcel, delivery } of results) {
      await this.#apply(parcel, delivery, view)
      resync ||= delivery.type === 'nonceTooLow'
      again ||= delivery.type === 'outbid'
    }
    const isOutOfOrder = results.some(({ delivery }) => delivery.type === 'later')
    const isAccepted = results.some(({ delivery }) => delivery.type === 'accepted')
    return { again: again || (isOutOfOrder && isAccepted), resync }
  }

  async #learnCancelGas(view: FeeView): Promise<void> {
    const { book, node, signer } = this.#deps
    const isNeeded = book.slots().some(({ call, status }) => call === undefined && status.type === 'waiting')
    if (!isNeeded || this.#cancelGas !== undefined) return
    try {
      const estimate = await node.estimateGas(signer.address, { to: signer.address, data: '0x' })
      this.#cancelGas = gasWithMargin(estimate, view.head.gasLimit)
    } catch {
      // Asked again next time; until then the usual amount will do.
    }
  }

  #callOf(slot: Slot): Call {
    const gas = this.#cancelGas ?? gasWithMargin(transferGas, transferGas * 2n)
    return slot.call ?? { to: this.#deps.signer.address, data: '0x', gas }
  }

  /** Most that may be offered for a nonce, in wei per gas: by the operator, by the request, and by the balance. */
  #capOf(slot: Slot): bigint {
    const { feeCap, balances, book } = this.#deps
    const allowed = slot.cap !== undefined && slot.cap < feeCap ? slot.cap : feeCap
    const balance = balances.current()
    if (balance === undefined) return allowed
    const available = balance - book.reserved(slot.nonce)
    const affordable = available > 0n ? available / this.#callOf(slot).gas : 0n
    if (affordable >= allowed) return allowed
    this.#isTight = true
    return affordable
  }

  async #next(slot: Slot, used: bigint, view: FeeView): Promise<readonly DueAttempt[]> {
    const { market: prices, head } = view
    const cap = this.#capOf(slot)
    const action = planSlot(slot, { headNumber: head.number, market: prices, used, cap })
    switch (action.type) {
      case 'none':
        return []
      case 'send':
        return action.attempts.map((attempt) => ({ slot, attempt }))
      case 'sign': {
        // What the account cannot pay for need not be signed; it will be once the account was refilled.
        if (slot.attempts.length === 0 && cap < prices.baseFeePerGas && cap < this.#deps.feeCap) return []
        const attempt = await this.#sign(slot, action.fees)
        return attempt === undefined ? [] : [{ slot, attempt }]
      }
      default:
        return assertNever(action)
    }
  }

  async #sign(slot: Slot, fees: Fees): Promise<Attempt | undefined> {
    const { book, logger, signer } = this.#deps
    const { nonce } = slot
    const fields = { account: signer.address, nonce, ...fees }
    try {
      const attempt = await signAttempt(this.#deps, {
        nonce,
        call: this.#callOf(slot),
        cancels: slot.call === undefined,
        fees,
      })
      book.update(nonce, (now) => ({ ...now, attempts: [...now.attempts, attempt], force: undefined }))
      logger.info('A transaction was signed', { ...fields, hash: attempt.hash, cancels: attempt.cancels })
      return attempt
    } catch (error) {
      logger.error('A transaction could not be signed and stored', fields, error)
      return undefined
    }
  }

  async #apply({ slot, attempt }: DueAttempt, delivery: BroadcastResult, view: FeeView): Promise<void> {
    const { book, logger, signer } = this.#deps
    const { nonce } = slot
    const fields = { account: signer.address, nonce, hash: attempt.hash }
    book.update(nonce, (now) => withAttempt(now, attempt, { isTried: true }))
    const isNewest = (now: Slot): boolean => now.attempts.at(-1)?.hash === attempt.hash
    switch (delivery.type) {
      case 'accepted':
        book.update(nonce, (now) => ({
          ...withAttempt(now, attempt, { acceptedAt: view.head.number }),
          mayBeKnown: true,
        }))
        return
      case 'nonceTooLow':
        // Somebody was faster, perhaps this very transaction by way of an answer that was lost.
        book.update(nonce, (now) => ({ ...now, mayBeKnown: true }))
        return
      case 'outbid':
        book.update(nonce, (now) => (isNewest(now) ? { ...now, force: 'outbid' } : now))
        return
      case 'feeTooLow':
        book.update(nonce, (now) => (isNewest(now) ? { ...now, force: 'replace' } : now))
        return
      case 'underfunded':
        logger.warn('The account cannot pay for a transaction', fields)
        await this.#onUnderfunded(slot, attempt, view)
        return
      case 'never':
        logger.error('The node takes a transaction under no circumstances', fields, delivery.error)
        this.#giveUp(slot, delivery.error)
        return
      case 'later':
        return
      case 'unknown':
        if (!slot.mayBeKnown)
          logger.warn('It is unknown whether a transaction reached the node', fields, delivery.error)
        book.update(nonce, (now) => ({ ...now, mayBeKnown: true }))
        return
      default:
        assertNever(delivery)
    }
  }

  async #onUnderfunded(slot: Slot, attempt: Attempt, { market: prices }: FeeView): Promise<void> {
    const { balances, book, node, signer } = this.#deps
    this.#isTight = true
    const need = attempt.call.gas * attempt.fees.maxFeePerGas + book.reserved(slot.nonce)
    try {
      balances.note(await node.balance(signer.address), prices)
    } catch {
      // The node has just said that it is too little.
    }
    this.#giveUp(slot, underfunded(signer.address, balances.current() ?? 0n, need))
  }

  /** Tells whoever waits for a nonce that nothing of it was taken; nobody is told while a node may have something of it. */
  #giveUp({ nonce }: Slot, error: unknown): void {
    const { book } = this.#deps
    const now = book.get(nonce)
    if (now?.job === undefined || now.mayBeKnown) return
    book.abandon(nonce)
    now.job.reject(error instanceof Error ? error : new Error(String(error)))
  }
}

function withAttempt(slot: Slot, { hash }: Attempt, fields: Partial<Attempt>): Slot {
  const attempts = slot.attempts.map((other) => (other.hash === hash ? { ...other, ...fields } : other))
  return { ...slot, attempts }
}
