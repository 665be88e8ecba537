import { setMaxListeners } from 'node:events'
import {
  type AbortOptions,
  type Block,
  hasCode,
  type Inclusion,
  type TransactionAttempt,
  WatcherError,
} from '@perun-watcher/core'
import type { EvmSigner } from '../../rpc/evm-client.ts'
import { balanceWatch } from '../fees/balance-watch.ts'
import { type FeeOracle, type FeeView, feeOracle } from '../fees/fee-oracle.ts'
import { type Job, newJob } from '../lane/job.ts'
import { Lane } from '../lane/lane.ts'
import { LaneBook } from '../lane/lane-book.ts'
import { deadlinePassed, prepare } from '../lane/prepare.ts'
import { restoreLane } from '../lane/restore-lane.ts'
import { type NodeRpc, nodeRpc } from '../node/node-rpc.ts'
import { LaneQueue } from './lane-queue.ts'
import type { TransactionManager, TransactionManagerOptions, TransactionRequest } from './transaction-types.ts'

const defaults = {
  minPriorityFeePerGas: 1_000_000_000n,
  maxPendingPerLane: 16,
  requestTimeoutMs: 10_000,
  pollIntervalMs: 4_000,
} as const

/**
 * Idle accounts are looked at so often, to warn before they are needed. By time and not by heads: a block without an event
 * of ours costs nothing here, however fast the chain.
 */
const balanceCheckMs = 20 * 60_000

/** What exists from `start` to `close`. */
interface Running {
  readonly lanes: readonly Lane[]
  readonly queue: LaneQueue
}

class Manager implements TransactionManager {
  readonly #options: TransactionManagerOptions
  readonly #maxPendingPerLane: number
  readonly #pollIntervalMs: number
  readonly #lifetime = new AbortController()
  readonly #node: NodeRpc
  readonly #market: FeeOracle
  /** Every call of `send` that somebody waits for. */
  readonly #jobs = new Set<Job>()
  #running: Running | undefined
  #polling: Promise<void> | undefined
  /** When a head was last heard of, in milliseconds of the clock. */
  #heardAt = 0
  /** When all balances were looked at, in milliseconds of the clock. */
  #balancesCheckedAt = 0

  constructor(options: TransactionManagerOptions) {
    const { client, clock, fees } = options
    this.#options = options
    // Every request under way listens; there are as many as there are transactions, and each leaves when it ends.
    setMaxListeners(0, this.#lifetime.signal)
    this.#maxPendingPerLane = options.maxPendingPerLane ?? defaults.maxPendingPerLane
    this.#pollIntervalMs = options.pollIntervalMs ?? defaults.pollIntervalMs
    const timeoutMs = options.requestTimeoutMs ?? defaults.requestTimeoutMs
    this.#node = nodeRpc({ client, clock, timeoutMs, signal: this.#lifetime.signal })
    const minPriorityFeePerGas = fees.minPriorityFeePerGas ?? defaults.minPriorityFeePerGas
    this.#market = feeOracle({ ...options, node: this.#node, minPriorityFeePerGas, maxAgeMs: this.#pollIntervalMs })
  }

  async start({ signal }: AbortOptions = {}): Promise<void> {
    this.#lifetime.signal.throwIfAborted()
    if (this.#running !== undefined) return
    const { clock, journal, signers } = this.#options
    const [attempts, view] = await Promise.all([journal.attempts({ signal }), this.#market.refresh()])
    this.#warnOfStrangers(attempts)
    const lanes = await Promise.all(signers.map((signer) => this.#lane(signer, attempts, view)))
    signal?.throwIfAborted()
    this.#lifetime.signal.throwIfAborted()
    this.#running = { lanes, queue: new LaneQueue(lanes, this.#maxPendingPerLane) }
    this.#heardAt = clock.now()
    this.#balancesCheckedAt = clock.now()
    this.#polling = this.#poll(this.#running)
    await Promise.all(lanes.flatMap((lane) => [lane.checkBalance(view), lane.kick()]))
  }

  async onHead(block: Block): Promise<void> {
    const running = this.#running
    if (running === undefined || this.#lifetime.signal.aborted) return
    this.#heardAt = this.#options.clock.now()
    this.#market.announce(block)
    if (this.#isBusy(running)) await this.#follow(running)
  }

  async send(request: TransactionRequest, options: AbortOptions = {}): Promise<Inclusion> {
    options.signal?.throwIfAborted()
    const running = this.#running
    if (running === undefined || this.#lifetime.signal.aborted) throw notRunning()
    const job = newJob(request, options, (settled) => {
      this.#jobs.delete(settled)
      for (const lane of running.lanes) lane.abandon(settled)
    })
    this.#jobs.add(job)
    this.#place(job, running).catch(job.reject)
    return job.promise
  }

  async close(): Promise<void> {
    this.#lifetime.abort(notRunning())
    for (const job of this.#jobs) job.reject(notRunning())
    await Promise.all([this.#polling, ...(this.#running?.lanes ?? []).map((lane) => lane.kick())])
  }

  #isBusy({ lanes }: Running): boolean {
    return this.#jobs.size > 0 || lanes.some((lane) => lane.isBusy)
  }

  /** Does everything that follows from a new head, or from time that has passed without one. Never rejects. */
  async #follow({ lanes }: Running): Promise<void> {
    const view = await this.#view()
    if (view === undefined) return
    this.#expireUnplaced(lanes, view)
    await Promise.all(lanes.map((lane) => lane.kick()))
  }

  /** Looks at all balances, to warn of low ones. Never rejects. */
  async #checkBalances({ lanes }: Running): Promise<void> {
    this.#balancesCheckedAt = this.#options.clock.now()
    const view = await this.#view()
    if (view !== undefined) await Promise.all(lanes.map((lane) => lane.checkBalance(view)))
  }

  /** The market of the newest head, or as it was read last. Never rejects. */
  async #view(): Promise<FeeView | undefined> {
    try {
      return await this.#market.recent()
    } catch (error) {
      this.#options.logger.warn('The head could not be read', {}, error)
      return this.#market.current()
    }
  }

  /** Rejects jobs that wait for a place beyond their deadline; those in a lane are for the lane. */
  #expireUnplaced(lanes: readonly Lane[], { time }: FeeView): void {
    const placed = new Set(lanes.flatMap((lane) => lane.jobs()))
    for (const job of this.#jobs) {
      const { deadline } = job.request
      if (deadline <= time && !placed.has(job)) job.reject(deadlinePassed(deadline, time))
    }
  }

  /** Finds a lane that takes the job. Rejects if none does. */
  async #place(job: Job, { lanes, queue }: Running): Promise<void> {
    const time = this.#market.current()?.time ?? 0n
    if (job.request.deadline <= time) throw deadlinePassed(job.request.deadline, time)
    if (lanes.some((lane) => lane.adopt(job, time))) return
    const tried = new Set<Lane>()
    for (;;) {
      const lane = await queue.enter(job, tried)
      if (lane === undefined) return
      try {
        await this.#placeIn(lane, job)
        return
      } catch (error) {
        tried.add(lane)
        // Another account may have the funds that this one lacks.
        if (!hasCode(error, 'ACCOUNT_UNDERFUNDED') || tried.size === lanes.length) throw error
      } finally {
        queue.dispatch()
      }
    }
  }

  async #placeIn(lane: Lane, job: Job): Promise<void> {
    try {
      const prepared = await prepare({ account: lane.account, node: this.#node, market: this.#market }, job)
      await lane.submit(job, prepared)
    } finally {
      lane.leave()
    }
  }

  async #lane(signer: EvmSigner, journaled: readonly TransactionAttempt[], { head }: FeeView): Promise<Lane> {
    const { chainId, journal, logger, fees, finalityDepth, onLowBalance } = this.#options
    const { address: account } = signer
    const start = await restoreLane({
      account,
      node: this.#node,
      logger,
      attempts: journaled.filter((attempt) => attempt.account.toLowerCase() === account),
      maxPending: this.#maxPendingPerLane,
      headNumber: head.number,
    })
    return new Lane({
      signer,
      chainId,
      journal,
      logger,
      node: this.#node,
      market: this.#market,
      signal: this.#lifetime.signal,
      book: new LaneBook(start),
      balances: balanceWatch(account, logger, onLowBalance),
      feeCap: fees.maxFeePerGasCap,
      finalityDepth: BigInt(finalityDepth),
      onRoom: () => this.#running?.queue.dispatch(),
    })
  }

  #warnOfStrangers(attempts: readonly TransactionAttempt[]): void {
    const known = new Set<string>(this.#options.signers.map(({ address }) => address))
    for (const account of new Set(attempts.map((attempt) => attempt.account.toLowerCase()))) {
      if (known.has(account)) continue
      this.#options.logger.warn('Nobody cares for journaled transactions of an account without a key', { account })
    }
  }

  /** Looks for the head while something waits and nobody tells of one, and at idle accounts. Ends with the lifetime. */
  async #poll(running: Running): Promise<void> {
    const { clock, random } = this.#options
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      // Not all watchers of a node at the same moment.
      const ms = this.#pollIntervalMs * (0.75 + random() / 2)
      await clock.sleep(ms, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const isSilent = clock.now() - this.#heardAt >= this.#pollIntervalMs
      if (isSilent && this.#isBusy(running)) await this.#follow(running)
      if (clock.now() - this.#balancesCheckedAt >= balanceCheckMs) await this.#checkBalances(running)
    }
  }
}

function notRunning(): WatcherError {
  return new WatcherError('WATCHER_CLOSED', 'The transaction manager is not running.')
}

function checkOptions({ signers, fees, finalityDepth, maxPendingPerLane = 1 }: TransactionManagerOptions): void {
  const invalid = (message: string): WatcherError => new WatcherError('OPTION_INVALID', message)
  if (signers.length === 0) throw invalid('At least one account must pay for transactions.')
  // Two lanes of one account would take each other's nonces.
  if (new Set(signers.map(({ address }) => address)).size < signers.length) throw invalid('An account is named twice.')
  if (fees.maxFeePerGasCap <= 0n) throw invalid('The cap of fees must be positive.')
  if (!Number.isSafeInteger(finalityDepth) || finalityDepth < 0) throw invalid('The finality depth must be a count.')
  if (!Number.isSafeInteger(maxPendingPerLane) || maxPendingPerLane < 1) {
    throw invalid('A lane must have room for at least one transaction.')
  }
}

/**
 * See {@link TransactionManager}. Nothing happens before `start`.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function transactionManager(options: TransactionManagerOptions): TransactionManager {
  checkOptions(options)
  return new Manager(options)
}
