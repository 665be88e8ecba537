import { keyedMutex } from '../../async/keyed-mutex.ts'
import { lifetime } from '../../async/lifetime.ts'
import { wakeSignal } from '../../async/wake-signal.ts'
import { toError, WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AdjudicatorLog } from '../../model/ledger.ts'
import type { WatcherEngine } from '../../spi/engine.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import { parseLimit } from '../../validation/parse-limit.ts'
import { chainClock } from '../chain/chain-clock.ts'
import { cursorKeeper } from '../chain/cursor-keeper.ts'
import { recordReader } from '../chain/record-reader.ts'
import { recordTracker } from '../chain/record-tracker.ts'
import { stateLearner } from '../chain/state-learner.ts'
import { followForever } from '../chain/stream-keeper.ts'
import { withReadTimeout } from '../chain/with-read-timeout.ts'
import { cachingStore } from '../channels/caching-store.ts'
import { channelIndex, entryOf } from '../channels/channel-index.ts'
import { stateChecker } from '../channels/state-checker.ts'
import { withStoreTimeout } from '../channels/with-store-timeout.ts'
import { channelPruner } from '../clients/channel-pruner.ts'
import { channelStatuses } from '../clients/channel-statuses.ts'
import { watchDesk } from '../clients/start-watching.ts'
import { departures } from '../clients/stop-watching.ts'
import { submissions } from '../clients/submissions.ts'
import { assessor } from '../disputes/assessor.ts'
import { disputeScheduler } from '../disputes/dispute-scheduler.ts'
import { disputeWarnings } from '../disputes/dispute-warnings.ts'
import { familyLoader } from '../disputes/family-loader.ts'
import { mailboxes } from '../notifications/mailboxes.ts'
import { notifier } from '../notifications/notifier.ts'
import { type EngineDeps, type EngineOptions, silentLogger } from './engine-options.ts'

/** Blocks to wait for before a dispute is answered, where there is time. */
const defaultRefuteDepth = 2n
/** Events that wait for a client that is away. */
const defaultMailboxLimit = 64
const defaultStateCacheBytes = 8 * 1024 * 1024

type Status = 'new' | 'starting' | 'open' | 'closing' | 'closed'

/**
 * The watcher: states come in, are checked and stored; what the chain holds is followed; where the two differ, the
 * dispute rules say what to send.
 *
 * This file only connects the parts. It decides nothing.
 */
export function watcherEngine(deps: EngineDeps, options: EngineOptions = {}): WatcherEngine {
  const { chain, clock, random, logger = silentLogger } = deps
  const cacheBytes = parseLimit(options.stateCacheBytes ?? defaultStateCacheBytes, 'stateCacheBytes')
  const store = cachingStore(withStoreTimeout(deps.store, clock), cacheBytes)
  const reader = withReadTimeout(chain, clock)
  const life = lifetime()
  let status: Status = 'new'

  const index = channelIndex()
  const time = chainClock()
  const mutex = keyedMutex<ChannelId>()
  const caughtUp = wakeSignal()
  /** Newer blocks are known than those that were told. */
  let isBehind = true
  /** Channels to look at once the stream is current. */
  const postponed = new Set<ChannelId>()
  const retrying = { clock, random }
  const limit = parseLimit(options.mailboxLimit ?? defaultMailboxLimit, 'mailboxLimit')
  const mail = mailboxes({ ...retrying, store, mutex, life, logger, limit })
  const news = notifier(index, mail, logger)
  const warnings = disputeWarnings(index, time, news, logger)
  const records = recordTracker(index, time, news)
  const states = stateChecker({ index, store, backend: chain })
  const families = familyLoader({ index, store, time })
  const readings = recordReader({
    ...retrying,
    reader,
    store,
    index,
    mutex,
    records,
    mail,
    logger,
    life,
    onNews: wakeFamilies,
  })
  const lessons = stateLearner({
    ...retrying,
    reader,
    backend: chain,
    store,
    index,
    states,
    mutex,
    notifier: news,
    logger,
    life,
    onNews: wakeFamilies,
  })
  const desk = disputeScheduler(
    {
      ...retrying,
      chain,
      assessor: assessor({ index, families, hasFailed: (root) => desk.hasFailed(root) }),
      refresher: readings,
      alarm: warnings,
      time,
      logger,
      refuteDepth: options.refuteDepth ?? defaultRefuteDepth,
    },
    life,
  )
  const cursor = cursorKeeper({ index, store, mutex, mail, logger })
  const intake = submissions({ index, store, states, mutex, onNewest })
  const forgetting = channelPruner({ index, store, mutex, notifier: news, logger })
  const watches = watchDesk({
    index,
    store,
    states,
    mutex,
    intake,
    mail,
    departures: departures({ index, store, mutex, desk, mail, orphans: forgetting }),
    orphans: forgetting,
    refresher: readings,
    alarm: warnings,
    notifier: news,
    logger,
    assertOpen,
    onNewest: wakeFamilies,
  })

  /** Looks at every family of a channel, if the chain holds anything of it. */
  function wakeFamilies(id: ChannelId): void {
    // Old blocks are no reason to act: what they say may be refuted by the next one.
    if (isBehind) {
      postponed.add(id)
      return
    }
    for (const root of index.rootsOf(id)) {
      if (index.membersOf(root).some((member) => member.record !== undefined)) desk.wake(root)
    }
  }

  function onNewest(id: ChannelId): void {
    wakeFamilies(id)
    void forgetting.prune()
  }

  function assertOpen(): void {
    if (status !== 'open') {
      throw new WatcherError('WATCHER_CLOSED', 'The watcher does not take calls.', { details: [`It is ${status}.`] })
    }
  }

  async function load(loadOptions: AbortOptions): Promise<void> {
    for await (const summary of store.summaries(loadOptions)) {
      index.put(entryOf(summary))
      // A stored record may have been read in a block that a reorg took out since; a missing one was never looked for.
      if (summary.record !== undefined || !summary.isRecordKnown) readings.readInBackground(summary.id)
    }
  }

  function onChange(id: ChannelId, added: readonly AdjudicatorLog[]): void {
    readings.readInBackground(id)
    for (const log of added) if (log.phase === 'dispute') lessons.learn(log)
    wakeFamilies(id)
  }

  function onCatchingUp(isBehindNow: boolean): void {
    isBehind = isBehindNow
  }

  function onStep(isCurrent: boolean): void {
    if (!isCurrent) return
    const ids = [...postponed]
    postponed.clear()
    for (const id of ids) wakeFamilies(id)
    if (caughtUp.count === 0) onCaughtUp()
    desk.tick()
  }

  function onFinal(ids: readonly ChannelId[], finalNumber: bigint): void {
    cursor.save(ids, finalNumber)
    // What stood before a final record is not needed any more.
    for (const id of ids) readings.readInBackground(id)
    void forgetting.prune()
  }

  function onStalled(cause: Error): void {
    for (const root of desk.open) {
      const endangered = index.membersOf(root).filter(({ record, version }) => record && record.version < version)
      for (const { id } of endangered) warnings.blind(id, cause)
    }
  }

  function onCaughtUp(): void {
    caughtUp.wake()
    for (const { id, record } of index.entries()) if (record !== undefined) wakeFamilies(id)
  }

  let following: Promise<void> = Promise.resolve()

  async function start(startOptions: AbortOptions = {}): Promise<void> {
    if (status !== 'new') throw new WatcherError('WATCHER_CLOSED', `The watcher cannot start: it is ${status}.`)
    status = 'starting'
    try {
      await life.run(async (ending) =>
        bringUp(startOptions.signal ? AbortSignal.any([ending, startOptions.signal]) : ending),
      )
    } catch (error) {
      closing ??= end(toError(error))
      await closing
      throw error
    }
  }

  async function bringUp(signal: AbortSignal): Promise<void> {
    // The store first: a store of another ledger must not be touched, and the chain backend may journal into it.
    await store.open(chain.ledgerId, { signal })
    await chain.start({ signal })
    await load({ signal })
    // Ends with the engine only.
    following = followForever({
      ...retrying,
      chain,
      store,
      life,
      index,
      records,
      time,
      logger,
      onChange,
      onFinal,
      onCatchingUp,
      onStep,
      onStalled,
    }).catch(() => {})
    await caughtUp.after(0, { signal })
    signal.throwIfAborted()
    status = 'open'
  }

  async function end(error?: Error): Promise<void> {
    life.end(new WatcherError('WATCHER_CLOSED', 'The watcher was shut down.'))
    await following
    // One more try for what a client that is away would never hear otherwise.
    await mail.flush().catch((failure: unknown) => logger.error('Events not stored', {}, failure))
    await mutex.idle()
    await cursor.settled()
    mail.end(error)
    await chain.close()
    await store.close()
    status = 'closed'
  }

  let closing: Promise<void> | undefined

  async function within(bound: AbortSignal | undefined, work: Promise<void>): Promise<void> {
    const done = wakeSignal()
    work.then(done.wake, done.wake)
    await done.after(0, { signal: bound })
  }

  async function shutdown({ signal: bound }: AbortOptions = {}): Promise<void> {
    status = 'closing'
    try {
      await within(bound, mutex.idle())
      await desk.allAtRest({ signal: bound })
    } finally {
      await end()
    }
  }

  return {
    start,
    startWatching: async (...args) => {
      assertOpen()
      return watches.startWatching(...args)
    },
    stopWatching: async (...args) => {
      assertOpen()
      await watches.stopWatching(...args)
    },
    ...channelStatuses({ index, desk, time }),
    usage: (client) => index.usage.of(client),
    get head() {
      return time.head
    },
    get stats() {
      return {
        channels: index.size,
        clients: index.usage.clients,
        openFamilies: desk.open.length,
        mailboxes: mail.size,
        unsettledChannels: records.unsettledChannels,
        warnedChannels: news.warnedChannels,
        tasks: mutex.size + readings.size + lessons.size + forgetting.size,
      }
    },
    get warnings() {
      return news.warnings
    },
    shutdown: (shutdownOptions) => (closing ??= shutdown(shutdownOptions)),
    [Symbol.asyncDispose]: () => (closing ??= shutdown()),
  }
}
