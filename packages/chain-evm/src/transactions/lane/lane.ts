import type { ChainTime, TransactionHash } from '@perun-watcher/core'
import type { SpendingBook } from '@perun-watcher/core/adapter'
import type { Address } from '../../rpc/evm-client.ts'
import { balanceOf } from '../fees/balance-of.ts'
import type { FeeOracle, FeeView } from '../fees/fee-oracle.ts'
import type { Call } from '../node/call.ts'
import { type AccountReadings, accountReadings } from './account-readings.ts'
import { type AdmitDeps, type Arrival, admit } from './admit.ts'
import { type ConfirmationDeps, confirmMined, updateConfirmations } from './confirmations.ts'
import type { Job } from './job.ts'
import { type LaneSenderDeps, laneSender } from './lane-sender.ts'
import { laneSpending } from './lane-spending.ts'
import type { Prepared } from './prepare.ts'
import { provenCounts } from './proven-count.ts'
import { signedCall } from './signed-transaction.ts'
import type { Slot } from './slot.ts'
import { type ExpectedCount, spentNonces } from './spent-nonces.ts'
import { deadlinePassed, replaced } from './transaction-errors.ts'

export interface LaneDeps
  extends Omit<LaneSenderDeps & AdmitDeps, 'laneSpending' | 'spending' | 'onDissent' | 'readings'>,
    ConfirmationDeps {
  readonly spending: SpendingBook
  readonly feeOracle: FeeOracle
  /** A place may have become free. */
  readonly onPlaceFree: () => void
}

/**
 * One account and its nonces, in order. All work happens in passes, one at a time: read the chain, settle jobs, admit new
 * ones, send what is due. A request that hangs delays its own lane only, and no longer than its time limit.
 */
export interface Lane {
  readonly account: Address
  /** Transactions that wait at the node, and places that are reserved. */
  readonly load: number
  /** How many usual transactions the account could pay for; `undefined`: that is not known. */
  readonly payable: bigint | undefined
  readonly readings: AccountReadings
  /** Whether new heads matter. */
  readonly isBusy: boolean
  /** Reserves a place, until `releasePlace`: a job that is being prepared counts as much as one with a nonce. */
  reservePlace(job: Job): void
  /** The job was submitted, or will not be. */
  releasePlace(job: Job): void
  /**
   * Gives a job its nonce. Resolves once the lane looks after it, and rejects if it will not: `ACCOUNT_UNDERFUNDED`, or
   * the errors of the signer and of the journal. Nothing was sent then.
   */
  submit(job: Job, prepared: Prepared): Promise<void>
  /** Lets the job wait for a transaction of an earlier run that does the same; `false` if there is none. */
  adopt(job: Job, now: ChainTime): boolean
  /** Nobody waits for the job any more. */
  abandon(job: Job): void
  /** Does what is due, after the pass that is under way. Never rejects. */
  schedulePass(): Promise<void>
  /** All jobs that have a nonce. */
  jobs(): readonly Job[]
  /** What a transaction of the account does, by its own bytes; `undefined` where none with this hash is looked after. */
  callOf(hash: TransactionHash): Call | undefined
  /** All jobs that have a nonce or a reserved place. */
  holders(): readonly Job[]
  /** Reads the balance, to warn of a low one. Never rejects. */
  checkBalance(view: FeeView): Promise<void>
}

/** Rounds in one pass: a refusal that calls for another transaction is answered at once, but not for ever. */
const maxRounds = 8

/**
 * How long after its deadline, in seconds of chain time, a transaction expires while the node does not give the nonce
 * count: without it the lane cannot know that no block includes the transaction.
 */
const uninformedGraceSeconds = 60n

/** So many nonces are spent on nothing for what waits behind them; if more are missing, what waits is given up. */
const mostFilled = 64n

/** So many final nonces wait for a log of spending that cannot be written. */
const mostUnwritten = 256

/** Whether the account could pay for a usual transaction; so it is taken to be until its balance is known. */
export const canPay = ({ payable }: Pick<Lane, 'payable'>): boolean => payable !== 0n

export function lane(given: LaneDeps): Lane {
  const { account, balanceWatch, book, feeOracle, journal, life, logger, nodeRpc, onOvertaken, onPlaceFree, spending } =
    given
  const readings = accountReadings({
    ...given,
    newestHead: feeOracle.newestHead,
    promised: () => book.reserved(),
    expectedCount: () => expectedCount(),
  })
  const deps = {
    ...given,
    readings,
    laneSpending: laneSpending(account, book, spending),
    onDissent: () => void schedulePass(),
  }
  const sender = laneSender(deps)
  const counts = provenCounts(deps)
  let arrivals: readonly Arrival[] = []
  const reserved = new Set<Job>()
  let running: Promise<void> | undefined
  let isScheduled = false
  /** Hash of the head as of which every nonce was last looked at. */
  let informedAt: string | undefined

  function schedulePass(): Promise<void> {
    isScheduled = true
    running ??= run()
    return running
  }

  async function run(): Promise<void> {
    while (isScheduled) {
      isScheduled = false
      try {
        await pass()
      } catch (error) {
        logger.error('A pass over a transaction lane failed', { account }, error)
      }
    }
    // In the same turn as the check: a pass that is scheduled after it starts a new run.
    running = undefined
  }

  async function pass(): Promise<void> {
    const view = feeOracle.current()
    if (view === undefined || life.isOver) {
      for (const { done } of takeArrivals()) done()
      return
    }
    await expire(view, await inform(view))
    await sendDue(view)
    deps.laneSpending.update(view.time)
    await forgetDiscarded()
    onPlaceFree()
  }

  async function sendDue(view: FeeView): Promise<void> {
    for (let round = 0; round < maxRounds && !life.isOver; round++) {
      book.releaseTop()
      await admit(deps, takeArrivals(), view)
      book.fillGaps()
      book.abandonUnclaimed(view.head.number, view.market.baseFeePerGas)
      const { again, spent } = await sender.sendDue(view)
      if (spent !== undefined) {
        informedAt = undefined
        await inform(view, spent + 1n)
      }
      if (!again && spent === undefined) return
    }
  }

  function takeArrivals(): readonly Arrival[] {
    const taken = arrivals
    arrivals = []
    return taken
  }

  function expectedCount(least = book.chainNonce): ExpectedCount {
    return { least, most: book.next }
  }

  /** Learns which nonces blocks have spent, and on what. `false`: the node did not say. @param least so many must be. */
  async function inform(view: FeeView, least?: bigint): Promise<boolean> {
    if (book.isEmpty || informedAt === view.head.hash) return true
    try {
      const [count] = await Promise.all([
        spentNonces(nodeRpc, account, expectedCount(least)),
        sender.isTight ? checkBalance(view) : undefined,
      ])
      const { count: proven, disputed } = await counts.of(count, view.head)
      takeBack(book.observe(proven, view.head), view)
      evade(disputed, view)
    } catch {
      logger.debug('The transaction count could not be read', { account })
      return false
    }
    const final = await updateConfirmations(deps, view.head)
    deps.laneSpending.update(view.time)
    await forgetFinal(final)
    const isOpen = book.slots().some(({ status }) => status.type === 'spent')
    informedAt = isOpen ? undefined : view.head.hash
    return true
  }

  /** Nonces that were final are free again: the chain was replaced further back than anybody expected, or reset. */
  function takeBack(nonces: bigint, { head }: FeeView): void {
    if (nonces === 0n) return
    const fields = { account, nonce: book.chainNonce, nonces, block: head.number }
    logger.error('The chain took back transactions that were final', fields)
    if (nonces <= mostFilled) return
    const waiting = jobs()
    book.restart()
    for (const job of waiting) job.reject(replaced(account, book.chainNonce))
  }

  /**
   * Gives other nonces to jobs whose own ones are spent by the word of one endpoint, and free by that of another. What is spent on
   * nothing, or sent twice, costs less than a transaction that no block can include.
   */
  function evade(nonces: readonly bigint[], { head }: FeeView): void {
    for (const job of book.dispute(nonces, head)) {
      logger.warn('RPC endpoints differ about spent nonces; a transaction gets another one', {
        account,
        nonces: nonces.join(', '),
      })
      onOvertaken(job)
    }
  }

  async function checkBalance({ market }: FeeView): Promise<void> {
    try {
      balanceWatch.note(await balanceOf(nodeRpc, account, balanceWatch.wanted(market)), market)
    } catch {
      logger.debug('The balance could not be read', { account })
    }
  }

  async function forgetFinal(final: ReadonlySet<bigint>): Promise<void> {
    const last = book.finalSlots(({ nonce }) => final.has(nonce) && mayForget(nonce, final.size)).at(-1)
    if (last === undefined) return
    try {
      await life.run((signal) => journal.forgetAttempts(account, last.nonce, { signal }))
      book.forget(last.nonce)
    } catch (error) {
      logger.warn('Transactions that are final could not be forgotten', { account }, error)
    }
  }

  /**
   * Only once it is written down what it cost: a crash in between finds it again by its receipt. Does not wait for that, as
   * others are to be sent; and if too much waits for it, it is rather lost than kept for ever.
   */
  function mayForget(sequence: bigint, waiting: number): boolean {
    if (spending.isStored({ lane: account, sequence })) return true
    void spending.stored().catch(() => logger.debug('What was spent is not written down yet', { account }))
    if (waiting <= mostUnwritten) return false
    logger.error('What was spent is not written down; a restart will not know of it', { account, nonce: sequence })
    return true
  }

  /**
   * Forgets what was signed and never sent, once the journal holds nothing else: after a restart nobody could tell it from
   * what was sent, and it would be sent, however outdated its purpose.
   */
  async function forgetDiscarded(): Promise<void> {
    const { discarded } = book
    if (discarded === undefined || !book.isEmpty || life.isOver) return
    try {
      await life.run((signal) => journal.forgetAttempts(account, discarded, { signal }))
      book.clearDiscarded(discarded)
    } catch (error) {
      logger.warn('Transactions that were not sent could not be forgotten', { account }, error)
    }
  }

  /** Rejects the jobs whose deadline has passed, unless a block has their transaction after all: counts may come late. */
  async function expire(view: FeeView, isInformed: boolean): Promise<void> {
    const limit = isInformed ? view.time : view.time - uninformedGraceSeconds
    await Promise.all(book.expired(limit).map((slot) => (slot.job === undefined ? false : isMined(slot, view))))
    // Read again: some were found in the meantime, and others may have been adopted by a job that has more time.
    for (const { nonce, job, window } of book.expired(limit)) {
      book.abandon(nonce)
      job?.reject(deadlinePassed(window?.deadline ?? view.time, view.time))
    }
  }

  function jobs(): readonly Job[] {
    return book.slots().flatMap(({ job }) => (job === undefined ? [] : [job]))
  }

  async function isMined(slot: Slot, view: FeeView): Promise<boolean> {
    try {
      return await confirmMined(deps, slot, view.head)
    } catch {
      // Without an answer the deadline decides.
      return false
    }
  }

  return {
    account,

    get load() {
      return book.waiting + reserved.size
    },

    get payable() {
      return balanceWatch.payable()
    },

    readings,

    get isBusy() {
      return !book.isEmpty || arrivals.length > 0
    },

    reservePlace(job) {
      reserved.add(job)
    },

    releasePlace(job) {
      reserved.delete(job)
    },

    submit(job, prepared) {
      const window = { start: prepared.view.time, deadline: job.request.deadline }
      return new Promise((resolve, reject) => {
        const done = (error?: unknown): void => {
          if (error === undefined) resolve()
          else reject(error)
        }
        arrivals = [...arrivals, { job, prepared, window, done }]
        void schedulePass()
      })
    },

    adopt(job, now) {
      const isAdopted = book.adopt(job, now)
      if (isAdopted && book.slotOf(job)?.mayBeKnown === true) job.noteSent()
      if (isAdopted) void schedulePass()
      return isAdopted
    },

    abandon(job) {
      const slot = book.slotOf(job)
      if (slot === undefined) return
      book.abandon(slot.nonce)
      void schedulePass()
    },

    schedulePass,
    jobs,
    callOf(hash) {
      const attempt = book.attempt(hash)
      return attempt && signedCall(attempt.raw)
    },
    holders: () => [...new Set([...jobs(), ...reserved])],
    checkBalance,
  }
}
