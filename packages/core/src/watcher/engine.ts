import { WatcherError } from '../errors/watcher-error.ts'
import type { ChannelId } from '../model/brand.ts'
import type { WatcherEngine } from '../spi/engine.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import { entryOf, stateChecker } from './accept-state.ts'
import { alarm } from './alarm.ts'
import { assessor } from './assessor.ts'
import { followChain } from './chain-follower.ts'
import { chainTimeKeeper } from './chain-time.ts'
import { channelIndex } from './channel-index.ts'
import { cursorKeeper } from './cursor-keeper.ts'
import { type EngineDeps, type EngineOptions, silentLogger } from './deps.ts'
import { disputeDesk } from './dispute-desk.ts'
import { familyLoader } from './family-loader.ts'
import { intake } from './intake.ts'
import { keyedSerial } from './keyed-serial.ts'
import { learner } from './learner.ts'
import { recordKeeper } from './record-keeper.ts'
import { refresher } from './refresher.ts'
import { retry } from './retry.ts'
import { teller } from './teller.ts'
import { wakeSignal } from './wake-signal.ts'
import { watchDesk } from './watch-desk.ts'

/** Blocks to wait for before a dispute is answered, where there is time. */
const defaultRefuteDepth = 2n

type Status = 'new' | 'starting' | 'open' | 'closing' | 'closed'

/**
 * The watcher: states come in, are checked and stored; what the chain holds is followed; where the two differ, the
 * dispute rules say what to send.
 *
 * This file only connects the parts. It decides nothing.
 */
export function watcherEngine(deps: EngineDeps, options: EngineOptions = {}): WatcherEngine {
  const { chain, store, clock, random, logger = silentLogger } = deps
  const life = new AbortController()
  const { signal } = life
  let status: Status = 'new'

  const index = channelIndex()
  const time = chainTimeKeeper()
  const serial = keyedSerial<ChannelId>()
  const caughtUp = wakeSignal()
  const news = teller(index, logger)
  const warnings = alarm(index, time, news, logger)
  const records = recordKeeper(index, news)
  const states = stateChecker(index, chain)
  const families = familyLoader(index, store, chain)
  const retrying = { clock, random }
  const readings = refresher({ ...retrying, chain, records, logger, signal, onNews: wakeFamilies })
  const lessons = learner({
    ...retrying,
    chain,
    store,
    index,
    states,
    serial,
    teller: news,
    logger,
    signal,
    onNews: wakeFamilies,
  })
  const desk = disputeDesk(
    {
      ...retrying,
      chain,
      assessor: assessor({ index, families, time, hasFailed: (root) => desk.hasFailed(root) }),
      refresher: readings,
      alarm: warnings,
      time,
      logger,
      refuteDepth: options.refuteDepth ?? defaultRefuteDepth,
    },
    signal,
  )
  const cursor = cursorKeeper({ index, store, serial, logger })
  const submissions = intake({ index, store, states, serial, onNewest })
  const watches = watchDesk({
    index,
    store,
    backend: chain,
    states,
    serial,
    intake: submissions,
    desk,
    refresher: readings,
    alarm: warnings,
    assertOpen,
    onNewest: wakeFamilies,
  })

  /** Looks at every family of a channel, if the chain holds anything of it. */
  function wakeFamilies(id: ChannelId): void {
    // Old blocks are no reason to act: what they say may be refuted by the next one.
    if (caughtUp.count === 0) return
    for (const root of index.rootsOf(id)) {
      if (index.membersOf(root).some((member) => member.record !== undefined)) desk.wake(root)
    }
  }

  function onNewest(id: ChannelId): void {
    wakeFamilies(id)
    watches.releaseArchived(id).catch((error: unknown) => {
      logger.warn('Released channels not forgotten; tried again with the next state', { channel: id }, error)
    })
  }

  function assertOpen(): void {
    if (status !== 'open') {
      throw new WatcherError('WATCHER_CLOSED', 'The watcher does not take calls.', { details: [`It is ${status}.`] })
    }
  }

  async function load(): Promise<void> {
    for await (const [id, stored] of store.channels({ signal })) index.put(entryOf(chain, id, stored))
    // A stored record may have been read in a block that a reorg took out since.
    for (const { id, record } of index.entries()) if (record !== undefined) readings.keepTrying(id)
  }

  async function follow(): Promise<void> {
    const last = await store.cursor({ signal })
    const subscription = chain.subscribe({ fromBlock: last === undefined ? undefined : last + 1n })
    signal.addEventListener('abort', () => void subscription.close().catch(() => {}), { once: true })
    await followChain(subscription, {
      index,
      records,
      time,
      logger,
      onChange(id, added) {
        readings.keepTrying(id)
        for (const log of added) {
          if (log.phase === 'dispute') lessons.learn(log).catch(() => {})
        }
        wakeFamilies(id)
      },
      onFinal: cursor.save,
      onStep(isCurrent) {
        if (isCurrent && caughtUp.count === 0) onCaughtUp()
        desk.tick()
      },
      onStalled() {},
    })
  }

  function onCaughtUp(): void {
    caughtUp.wake()
    for (const { id, record } of index.entries()) if (record !== undefined) wakeFamilies(id)
  }

  /** Whatever ends the stream, it is opened again: a watcher that sees nothing protects nobody. */
  async function followForever(): Promise<void> {
    await retry(
      retrying,
      async () => {
        try {
          await follow()
        } catch (error) {
          if (!signal.aborted) logger.error('Chain stream failed; it is opened again', {}, error)
        }
        throw new WatcherError('CHAIN_UNREACHABLE', 'The chain stream ended.')
      },
      signal,
    )
  }

  let following: Promise<void> = Promise.resolve()

  async function start(startOptions: AbortOptions = {}): Promise<void> {
    if (status !== 'new') throw new WatcherError('WATCHER_CLOSED', `The watcher cannot start: it is ${status}.`)
    status = 'starting'
    try {
      // The store first: a store of another ledger must not be touched, and the chain backend may journal into it.
      await store.open(chain.ledgerId, startOptions)
      await chain.start(startOptions)
      await load()
      // Ends with the engine only.
      following = followForever().catch(() => {})
      await caughtUp.after(0, startOptions)
      status = 'open'
    } catch (error) {
      await end(error instanceof Error ? error : undefined)
      throw error
    }
  }

  async function end(error?: Error): Promise<void> {
    life.abort(new WatcherError('WATCHER_CLOSED', 'The watcher was shut down.'))
    await following
    await serial.idle()
    await cursor.settled()
    for (const { sinks } of index.entries()) for (const sink of sinks) sink.end(error)
    await chain.close()
    await store.close()
    status = 'closed'
  }

  let closing: Promise<void> | undefined

  async function shutdown({ signal: bound }: AbortOptions = {}): Promise<void> {
    status = 'closing'
    try {
      await serial.idle()
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
    shutdown: (shutdownOptions) => (closing ??= shutdown(shutdownOptions)),
    [Symbol.asyncDispose]: () => (closing ??= shutdown()),
  }
}
