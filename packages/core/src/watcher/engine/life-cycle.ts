import { firstOf } from '../../async/first-of.ts'
import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import type { Lifetime } from '../../async/lifetime.ts'
import { raceSignal } from '../../async/race-signal.ts'
import { timeLimit } from '../../async/time-limit.ts'
import { toError, WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { RegistererSubscriber } from '../../spi/chain.ts'
import type { AbortOptions, Clock, Logger } from '../../spi/runtime.ts'
import type { CursorKeeper } from '../chain/cursor-keeper.ts'
import type { Sweeper } from '../chain/sweeper.ts'
import { callTimeoutMs } from '../channels/call-timeout.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import type { DisputeScheduler } from '../disputes/dispute-scheduler.ts'
import type { FamilyWaker } from '../disputes/family-waker.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'

const closedError = (): WatcherError => new WatcherError('WATCHER_CLOSED', 'The watcher was shut down.')

/**
 * Milliseconds by the clock for which a start waits for the chain stream to be up to date. A state that is given meanwhile is
 * safe on disk; one that is not taken because an endpoint is behind, or hangs, is not.
 */
const catchUpPatienceMs = 60_000

/**
 * Milliseconds from the beginning of an end: until when what is under way may finish, the ledger be let go, and the store close.
 * All together as long as one call may take, however slow each of them is.
 */
const endsAfterMs = { work: callTimeoutMs - 10_000, chain: callTimeoutMs - 5_000, store: callTimeoutMs } as const

/** Each has so long in any case: mostly nothing is left to wait for. */
const leastPatienceMs = 1_000

type Status = 'new' | 'starting' | 'open' | 'closing' | 'closed'

/** When the engine takes calls. Starts once; a start that fails ends it. */
export interface LifeCycle {
  /** @throws WatcherError `WATCHER_CLOSED` unless it has started and nobody ended it. */
  assertOpen(): void
  /** @throws WatcherError `WATCHER_CLOSED` where it was started before; or why it cannot start: then everything is closed. */
  start(options?: AbortOptions): Promise<void>
  /** Finishes disputes in flight, for as long as the signal lets it, and ends everything. One for all callers. */
  shutdown(options?: AbortOptions): Promise<void>
}

export interface LifeCycleDeps {
  readonly chain: Pick<RegistererSubscriber, 'ledgerId' | 'probe' | 'start' | 'close'>
  readonly store: Pick<EngineStore, 'open' | 'bind' | 'close'>
  readonly book: Pick<ChannelBook, 'restore'>
  readonly lifetime: Lifetime
  readonly mutex: Pick<KeyedMutex<ChannelId>, 'idle'>
  readonly mailboxes: Pick<Mailboxes, 'flush' | 'end'>
  readonly cursorKeeper: Pick<CursorKeeper, 'idle'>
  readonly disputeScheduler: Pick<DisputeScheduler, 'allAtRest'>
  readonly familyWaker: Pick<FamilyWaker, 'caughtUp'>
  readonly sweeper: Pick<Sweeper, 'sweepAll' | 'run'>
  /** Follows the chain until the lifetime ends. */
  readonly follow: () => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
}

export function lifeCycle(deps: LifeCycleDeps): LifeCycle {
  const { chain, store, book, lifetime, mutex, mailboxes, cursorKeeper, disputeScheduler, familyWaker, logger } = deps
  let status: Status = 'new'
  let following: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  async function bringUp(signal: AbortSignal): Promise<void> {
    // The store first: one of another ledger must not be touched.
    await store.open([chain.ledgerId], { signal })
    // A fresh store must not be bound to a ledger that does not exist.
    await chain.probe({ signal })
    // From here on the chain backend may journal into it.
    await store.bind(chain.ledgerId, { signal })
    await chain.start({ signal })
    await book.restore({ signal })
    // A stored record may have been read in a block that a reorg took out since, and a log may never be told.
    deps.sweeper.sweepAll()
    following = Promise.all([deps.follow().catch(() => {}), deps.sweeper.run()])
    await catchUp(signal)
    signal.throwIfAborted()
    // A shutdown that lets disputes finish has not aborted the signal yet.
    if (status !== 'starting') throw closedError()
    status = 'open'
  }

  /** For disputes nothing depends on it: `FamilyWaker` bounds how long they wait for the stream. */
  async function catchUp(signal: AbortSignal): Promise<void> {
    let isCurrent = false
    await firstOf(signal, [
      async (options) => {
        await familyWaker.caughtUp(options)
        isCurrent = true
      },
      // A clock that fails must not keep it from starting.
      (options) => deps.clock.sleep(catchUpPatienceMs, options).catch(() => {}),
    ])
    if (!isCurrent) logger.warn('The chain stream is not up to date; clients are accepted all the same', {})
  }

  /** @param untilMs by the clock. */
  function bounded(work: () => Promise<void>, untilMs: number): Promise<void> {
    const ms = Math.max(untilMs - deps.clock.now(), leastPatienceMs)
    const expired = (): Error => new WatcherError('WATCHER_CLOSED', `Not done within ${Math.round(ms)} ms.`)
    return timeLimit(deps.clock, ms).run(async () => await work(), expired)
  }

  async function end(error?: Error): Promise<void> {
    const beganMs = deps.clock.now()
    /** What hangs or fails must not keep the rest from being closed. */
    const finish = (what: string, work: () => Promise<void>): Promise<void> =>
      bounded(work, beganMs + endsAfterMs.work).catch((failure: unknown) =>
        logger.error('Not finished before the end', { what }, failure),
      )
    lifetime.end(closedError())
    await finish('stream', async () => void (await following))
    // One more try for what a client that is away would never hear otherwise.
    await finish('events', mailboxes.flush)
    await finish('writes', mutex.idle)
    await finish('cursor', cursorKeeper.idle)
    mailboxes.end(error)
    try {
      await bounded(() => chain.close(), beganMs + endsAfterMs.chain)
    } finally {
      status = 'closed'
      await bounded(() => store.close(), beganMs + endsAfterMs.store)
    }
  }

  async function finishAndEnd(bound: AbortSignal | undefined): Promise<void> {
    status = 'closing'
    try {
      await raceSignal(mutex.idle(), bound)
      await disputeScheduler.allAtRest({ signal: bound })
    } finally {
      await end()
    }
  }

  return {
    assertOpen() {
      if (status === 'open') return
      throw new WatcherError('WATCHER_CLOSED', 'The watcher does not take calls.', { details: [`It is ${status}.`] })
    },
    async start({ signal: outer } = {}) {
      if (status !== 'new') throw new WatcherError('WATCHER_CLOSED', `The watcher cannot start: it is ${status}.`)
      status = 'starting'
      try {
        await lifetime.run((ending) => bringUp(outer === undefined ? ending : AbortSignal.any([ending, outer])))
      } catch (error) {
        closing ??= end(toError(error))
        await closing
        throw error
      }
    },
    shutdown: ({ signal } = {}) => (closing ??= finishAndEnd(signal)),
  }
}
