import type { ChainTime } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import { type Arrival, admit } from './admit.ts'
import { confirmations, confirmMined } from './confirmations.ts'
import type { Job } from './job.ts'
import { LaneSender, type LaneSenderDeps } from './lane-sender.ts'
import { deadlinePassed, type Prepared } from './prepare.ts'
import type { Slot } from './slot.ts'

export interface LaneDeps extends LaneSenderDeps {
  readonly market: FeeOracle
  readonly finalityDepth: bigint
  /** A place may have become free. */
  readonly onRoom: () => void
}

/** Rounds in one pass: a refusal that calls for another transaction is answered at once, but not for ever. */
const maxRounds = 4

/** How far beyond a deadline a lane waits that cannot learn what became of its nonces. */
const blindSeconds = 60n

/**
 * One account and its nonces, in order. All work happens in passes, one at a time: look at the chain, tell those who
 * wait, take in new jobs, send what is due. A request that hangs delays its own lane only, and no longer than its timeout.
 */
export class Lane {
  readonly #deps: LaneDeps
  readonly #sender: LaneSender
  #arrivals: readonly Arrival[] = []
  #seats = 0
  #running: Promise<void> | undefined
  #isAgain = false
  /** Hash of the head at which everything was last looked at. */
  #lookedAt: string | undefined

  constructor(deps: LaneDeps) {
    this.#deps = deps
    this.#sender = new LaneSender(deps)
  }

  get account(): Address {
    return this.#deps.signer.address
  }

  /** Transactions that wait at the node, and places that are promised. */
  get load(): number {
    return this.#deps.book.waiting + this.#seats
  }

  /** Whether new heads matter. */
  get isBusy(): boolean {
    return !this.#deps.book.isEmpty || this.#arrivals.length > 0
  }

  /** Promises a place, until {@link Lane.leave}: a job on its way counts as much as one with a nonce. */
  enter(): void {
    this.#seats++
  }

  /** The job on its way has arrived, or will not. */
  leave(): void {
    this.#seats--
  }

  /**
   * Gives a job its nonce. Resolves once the lane cares for it, and rejects if it will not: `ACCOUNT_UNDERFUNDED`, or
   * the errors of the signer and of the journal. Nothing was sent then.
   */
  submit(job: Job, prepared: Prepared): Promise<void> {
    const window = { start: prepared.view.time, deadline: job.request.deadline }
    return new Promise((resolve, reject) => {
      const done = (error?: unknown): void => {
        if (error === undefined) resolve()
        else reject(error)
      }
      this.#arrivals = [...this.#arrivals, { job, prepared, window, done }]
      void this.kick()
    })
  }

  adopt(job: Job, now: ChainTime): boolean {
    return this.#deps.book.adopt(job, now)
  }

  /** Nobody waits for the job any more. */
  abandon(job: Job): void {
    const slot = this.#deps.book.slotOf(job)
    if (slot === undefined) return
    this.#deps.book.abandon(slot.nonce)
    void this.kick()
  }

  /** Does what is due, after what is being done. Never rejects. */
  kick(): Promise<void> {
    this.#isAgain = true
    this.#running ??= this.#run()
    return this.#running
  }

  /** All jobs that a nonce was given to. */
  jobs(): readonly Job[] {
    return this.#deps.book.slots().flatMap(({ job }) => (job === undefined ? [] : [job]))
  }

  /** Reads the balance, to warn of a low one. Never rejects. */
  async checkBalance({ market: prices }: FeeView): Promise<void> {
    const { balances, node, logger } = this.#deps
    try {
      balances.note(await node.balance(this.account), prices)
    } catch {
      logger.debug('The balance could not be read', { account: this.account })
    }
  }

  async #run(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false
      try {
        await this.#pass()
      } catch (error) {
        this.#deps.logger.error('A nonce lane stumbled', { account: this.account }, error)
      }
    }
    // In the same turn as the check: a kick after it starts anew.
    this.#running = undefined
  }

  async #pass(): Promise<void> {
    const { market, book, onRoom, signal } = this.#deps
    const view = market.current()
    if (view === undefined || signal.aborted) {
      for (const { done } of this.#takeArrivals()) done()
      return
    }
    const isInformed = await this.#look(view)
    await this.#expire(view, isInformed)
    for (let round = 0; round < maxRounds && !signal.aborted; round++) {
      book.releaseTop()
      await admit(this.#deps, this.#takeArrivals(), view)
      book.fillGaps()
      const { again, resync } = await this.#sender.advance(view)
      if (resync) {
        this.#lookedAt = undefined
        await this.#look(view)
      }
      if (!again && !resync) break
    }
    await this.#sweep()
    onRoom()
  }

  #takeArrivals(): readonly Arrival[] {
    const arrivals = this.#arrivals
    this.#arrivals = []
    return arrivals
  }

  /** Learns which nonces blocks have spent, and by what. `false`: the node did not say. */
  async #look(view: FeeView): Promise<boolean> {
    const { book, node, logger } = this.#deps
    if (book.isEmpty || this.#lookedAt === view.head.hash) return true
    try {
      const [count] = await Promise.all([
        node.transactionCount(this.account, 'latest'),
        this.#sender.isTight ? this.checkBalance(view) : undefined,
      ])
      book.observe(count, view.head)
    } catch {
      logger.debug('The transaction count could not be read', { account: this.account })
      return false
    }
    await this.#forget(await confirmations({ ...this.#deps, account: this.account }, view.head))
    const isOpen = book.slots().some(({ status }) => status.type === 'spent')
    this.#lookedAt = isOpen ? undefined : view.head.hash
    return true
  }

  async #forget(final: ReadonlySet<bigint>): Promise<void> {
    const { book, journal, logger, signal } = this.#deps
    const last = book.finalSlots(({ nonce }) => final.has(nonce)).at(-1)
    if (last === undefined) return
    try {
      await journal.forgetAttempts(this.account, last.nonce, { signal })
      book.forget(last.nonce)
    } catch (error) {
      logger.warn('Transactions that are final could not be forgotten', { account: this.account }, error)
    }
  }

  /**
   * Forgets what was signed and never sent, once nothing else is in the journal: a restart could not tell it from what
   * was sent, and would send it, however old the reason for it is by then.
   */
  async #sweep(): Promise<void> {
    const { book, journal, logger, signal } = this.#deps
    const { litter } = book
    if (litter === undefined || !book.isEmpty || signal.aborted) return
    try {
      await journal.forgetAttempts(this.account, litter, { signal })
      book.swept(litter)
    } catch (error) {
      logger.warn('Transactions that were not sent could not be forgotten', { account: this.account }, error)
    }
  }

  /** Tells those whose deadline has passed, unless a block has their transaction after all: counts come late at times. */
  async #expire(view: FeeView, isInformed: boolean): Promise<void> {
    const { book } = this.#deps
    const limit = isInformed ? view.time : view.time - blindSeconds
    await Promise.all(
      book.expired(limit).map((slot) => (slot.job === undefined ? false : this.#settleMined(slot, view))),
    )
    // Asked anew: meanwhile some were found, and others may have got somebody who has more time.
    for (const { nonce, job, window } of book.expired(limit)) {
      book.abandon(nonce)
      job?.reject(deadlinePassed(window?.deadline ?? view.time, view.time))
    }
  }

  async #settleMined(slot: Slot, view: FeeView): Promise<boolean> {
    try {
      return await confirmMined({ ...this.#deps, account: this.account }, slot, view.head)
    } catch {
      // Without an answer the deadline decides.
      return false
    }
  }
}
