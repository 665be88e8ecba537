import { type AbortOptions, type Block, type TransactionHash, WatcherError } from '@perun-watcher/core'
import { lifetime } from '@perun-watcher/core/internal'
import { dataFees } from '../fees/data-fees.ts'
import { type FeeView, feeOracle } from '../fees/fee-oracle.ts'
import { type IncludedTransaction, type Job, newJob, type TransactionRequest } from '../lane/job.ts'
import { canPay, type Lane } from '../lane/lane.ts'
import { deadlinePassed } from '../lane/transaction-errors.ts'
import { type Call, isSameCall } from '../node/call.ts'
import { nodeRpc } from '../node/node-rpc.ts'
import { assignLane } from './assign-lane.ts'
import { type LaneQueue, laneQueue } from './lane-queue.ts'
import { openLanes } from './open-lanes.ts'
import type { TransactionManagerOptions } from './transaction-manager-options.ts'

/** Brings transactions into the chain, each once, before its deadline, whatever the node, the fees and reorgs do. */
export interface TransactionManager {
  /**
   * Restores every account from the chain and the journal, and looks after what an earlier run sent.
   *
   * @throws WatcherError `CHAIN_UNREACHABLE` and the errors of the journal; may be called again then.
   */
  start(options?: AbortOptions): Promise<void>
  /**
   * Tells about a new head of the chain. Call it for each; without it the manager polls, which is slower. Resolves once
   * everything that follows from the head is done. Never rejects.
   */
  onHead(block: Block): Promise<void>
  /**
   * Resolves once a block includes the transaction, successfully. Rejects with the signal's reason, or with a
   * WatcherError:
   * - `REGISTER_REVERTED`: refused by the contract, before sending where possible. `details` has the reason.
   * - `ACCOUNT_UNDERFUNDED`: no account can pay for it.
   * - `BUDGET_EXCEEDED`: it is no first answer, and the budgets leave too little for it; nothing was sent.
   * - `CHAIN_UNREACHABLE`, `RPC_REFUSED`, `CHAIN_DATA_INVALID`: the node was of no help; nothing was sent.
   * - `DEADLINE_PASSED`: the chain's time is past the deadline, and no block includes it.
   * - `TRANSACTION_REPLACED`: somebody else sent from the account.
   * - `WATCHER_CLOSED`: not started, or closed.
   * - the errors of the journal: nothing was sent.
   */
  send(request: TransactionRequest, options?: AbortOptions): Promise<IncludedTransaction>
  /**
   * What a transaction of ours does, by the bytes that were signed: its hash is theirs, so that nobody needs to be asked. Of those
   * that are looked after, until they are final; `undefined` for every other.
   */
  callOf(hash: TransactionHash): Call | undefined
  /** How many transactions may wait at the same time, of all accounts that can pay. */
  readonly places: number
  /** How many usual transactions all accounts could pay for together; `undefined`: the balance of one is not known. */
  readonly payable: bigint | undefined
  /** Waiting calls reject with `WATCHER_CLOSED`; what was sent stays sent and is taken up by the next run. Idempotent. */
  close(): Promise<void>
}

/**
 * The balances of idle accounts are read this often, to warn before they are needed. By time and not by heads: a block
 * without an event of ours costs nothing here, however fast the chain.
 */
const balanceCheckMs = 5 * 60_000

/** That of one that cannot pay is read more often: it may have been refilled. */
const refillCheckMs = 60_000

/** What exists from `start` to `close`. */
interface Running {
  readonly lanes: readonly Lane[]
  readonly queue: LaneQueue
}

/** Nothing happens before `start`. */
export function transactionManager(options: TransactionManagerOptions): TransactionManager {
  const { client, clock, journal, logger, maxPendingPerLane, pollIntervalMs, random, requestTimeoutMs } = options
  const life = lifetime()
  const node = nodeRpc({ client, clock, timeoutMs: requestTimeoutMs, life })
  const { minPriorityFeePerGas, maxFeePerGasCap: feeCap } = options.fees
  const fees = dataFees({ nodeRpc: node, clock, takesDataFee: options.takesDataFee })
  const oracle = feeOracle({ nodeRpc: node, clock, logger, minPriorityFeePerGas, feeCap, maxAgeMs: pollIntervalMs })
  /** Every call of `send` that somebody waits for. */
  const jobs = new Set<Job>()
  let running: Running | undefined
  let polling: Promise<void> | undefined
  /** When a head was last heard of, in milliseconds of the clock. */
  let heardAt = 0
  /** When all balances were last read, in milliseconds of the clock. */
  let balancesCheckedAt = 0

  function isBusy({ lanes }: Running): boolean {
    return jobs.size > 0 || lanes.some((lane) => lane.isBusy)
  }

  /** Does everything that follows from a new head, or from time that has passed without one. Never rejects. */
  async function follow({ lanes }: Running): Promise<void> {
    const view = await currentView()
    if (view === undefined) return
    expireUnplaced(lanes, view)
    await Promise.all(lanes.map((lane) => lane.schedulePass()))
  }

  /** Reads all balances, to warn of low ones. Never rejects. */
  async function checkBalances({ lanes }: Running): Promise<void> {
    balancesCheckedAt = clock.now()
    const view = await currentView()
    if (view !== undefined) await Promise.all(lanes.map((lane) => lane.checkBalance(view)))
  }

  /** Of the newest head, or as it was read last. Never rejects. */
  async function currentView(): Promise<FeeView | undefined> {
    try {
      return await oracle.recent()
    } catch (error) {
      logger.warn('The head could not be read', {}, error)
      return oracle.current()
    }
  }

  /** Finds a lane for a job, also once more for one whose nonce was spent on something else of ours. */
  function assign({ lanes, queue }: Running, job: Job): void {
    const { maxGas, spending } = options
    const deps = { lanes, queue, nodeRpc: node, feeOracle: oracle, dataFees: fees, clock, maxGas, spending }
    assignLane(deps, job).catch(job.reject)
  }

  /** Whoever waits for the same call, with another nonce or account, need not wait any longer. */
  function onIncluded(call: Call, included: IncludedTransaction): void {
    for (const job of jobs) if (isSameCall(job.request, call)) job.resolve(included)
  }

  /** Rejects jobs that wait for a place beyond their deadline; those in a lane are up to the lane. */
  function expireUnplaced(lanes: readonly Lane[], { time }: FeeView): void {
    const placed = new Set(lanes.flatMap((lane) => lane.jobs()))
    for (const job of jobs) {
      const { deadline } = job.request
      if (deadline <= time && !placed.has(job)) job.reject(deadlinePassed(deadline, time))
    }
  }

  /** Reads the head while something waits and none is announced, and the balances of idle accounts. Ends with `life`. */
  async function poll(started: Running): Promise<void> {
    while (!life.isOver) {
      // Watchers of the same node must not all poll at the same moment.
      const ms = pollIntervalMs * (0.75 + random() / 2)
      await life.run((signal) => clock.sleep(ms, { signal })).catch(() => undefined)
      if (life.isOver) return
      const isSilent = clock.now() - heardAt >= pollIntervalMs
      if (isSilent && isBusy(started)) await follow(started)
      const checkMs = started.lanes.every(canPay) ? balanceCheckMs : refillCheckMs
      if (clock.now() - balancesCheckedAt >= checkMs) await checkBalances(started)
    }
  }

  return {
    async start({ signal } = {}) {
      if (life.isOver) throw notRunning()
      if (running !== undefined) return
      const [attempts, view] = await Promise.all([journal.attempts({ signal }), oracle.refresh()])
      const onPlaceFree = (): void => running?.queue.dispatch()
      const onOvertaken = (job: Job): void => {
        if (running !== undefined) assign(running, job)
      }
      const deps = { options, nodeRpc: node, feeOracle: oracle, life, onPlaceFree, onOvertaken, onIncluded }
      const lanes = await openLanes(deps, attempts, view)
      signal?.throwIfAborted()
      if (life.isOver) throw notRunning()
      const started: Running = { lanes, queue: laneQueue(lanes, maxPendingPerLane) }
      running = started
      heardAt = clock.now()
      balancesCheckedAt = clock.now()
      polling = poll(started)
      await Promise.all(lanes.flatMap((lane) => [lane.checkBalance(view), lane.schedulePass()]))
    },

    async onHead(block) {
      if (running === undefined || life.isOver) return
      heardAt = clock.now()
      oracle.announce(block)
      if (isBusy(running)) await follow(running)
    },

    async send(request, sendOptions = {}) {
      sendOptions.signal?.throwIfAborted()
      if (running === undefined || life.isOver) throw notRunning()
      const { lanes } = running
      const job = newJob(request, sendOptions, (settled) => {
        jobs.delete(settled)
        for (const lane of lanes) lane.abandon(settled)
      })
      jobs.add(job)
      assign(running, job)
      return job.promise
    },

    callOf(hash) {
      for (const lane of running?.lanes ?? []) {
        const call = lane.callOf(hash)
        if (call !== undefined) return call
      }
      return undefined
    },

    get places() {
      const solvent = running?.lanes.filter(canPay).length ?? options.signers.length
      return solvent * maxPendingPerLane
    },

    get payable() {
      const amounts = running?.lanes.map(({ payable }) => payable) ?? [undefined]
      return amounts.reduce((sum, each) => (sum === undefined || each === undefined ? undefined : sum + each), 0n)
    },

    async close() {
      life.end(notRunning())
      for (const job of jobs) job.reject(notRunning())
      await Promise.all([polling, ...(running?.lanes ?? []).map((lane) => lane.schedulePass())])
    },
  }
}

function notRunning(): WatcherError {
  return new WatcherError('WATCHER_CLOSED', 'The transaction manager is not running.')
}
