import { keyedMutex } from '../../async/keyed-mutex.ts'
import { lifetime } from '../../async/lifetime.ts'
import { steadyClock } from '../../async/steady-clock.ts'
import { turns } from '../../async/turns.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { WatcherEngine } from '../../spi/engine.ts'
import { localClient } from '../../validation/parse-client-name.ts'
import { parseChannelId } from '../../validation/parse-hex.ts'
import { chainClock } from '../chain/chain-clock.ts'
import { cursorKeeper } from '../chain/cursor-keeper.ts'
import { factStates } from '../chain/fact-states.ts'
import { followChain } from '../chain/follow-chain.ts'
import { ledgerThroughput } from '../chain/ledger-throughput.ts'
import { newcomers } from '../chain/newcomers.ts'
import { recordReader } from '../chain/record-reader.ts'
import { recordTracker } from '../chain/record-tracker.ts'
import { stateLearner } from '../chain/state-learner.ts'
import { stateSeeker } from '../chain/state-seeker.ts'
import { sweeper } from '../chain/sweeper.ts'
import { withReadTimeout } from '../chain/with-read-timeout.ts'
import { cachingStore } from '../channels/caching-store.ts'
import { channelBook } from '../channels/channel-book.ts'
import { channelIndex } from '../channels/channel-index.ts'
import { usageIn } from '../channels/line-charges.ts'
import { linkSettler } from '../channels/link-settler.ts'
import { stateChecker } from '../channels/state-checker.ts'
import { treeRoom } from '../channels/tree-room.ts'
import { withStoreTimeout } from '../channels/with-store-timeout.ts'
import { capacityWatch } from '../clients/capacity-watch.ts'
import { channelPruner } from '../clients/channel-pruner.ts'
import { channelStatuses } from '../clients/channel-statuses.ts'
import { fundedPlaces } from '../clients/funded-places.ts'
import { historyKeeper } from '../clients/history-keeper.ts'
import { startWatching } from '../clients/start-watching.ts'
import { stopWatching } from '../clients/stop-watching.ts'
import { submissions } from '../clients/submissions.ts'
import { unknownChannel } from '../clients/unknown-channel.ts'
import { assessor } from '../disputes/assessor.ts'
import { disputeScheduler } from '../disputes/dispute-scheduler.ts'
import { disputeWarnings } from '../disputes/dispute-warnings.ts'
import { familyLoader } from '../disputes/family-loader.ts'
import { familyWaker } from '../disputes/family-waker.ts'
import { planMemory } from '../disputes/plan-memory.ts'
import { mailboxes } from '../notifications/mailboxes.ts'
import { notifier } from '../notifications/notifier.ts'
import { type EngineDeps, type EngineOptions, engineSettings } from './engine-options.ts'
import { guardedLogger } from './guarded-logger.ts'
import { lifeCycle } from './life-cycle.ts'
import { reactions } from './reactions.ts'
import { silentLogger } from './silent-logger.ts'

/** Decisions between which nothing else runs: a few milliseconds, and fewer decisions where a client makes them hard. */
const decisionTurns = { least: 4, most: 64, ms: 50 } as const

/**
 * Connects the parts, room by room; it decides nothing. Each step takes what stands so far and adds to it, every part under
 * the name of its factory and of its file. Where a part needs one of a later room, it gets a function that finds it there.
 */
function connect(deps: EngineDeps, options: EngineOptions) {
  const outside = {
    ...deps,
    ...engineSettings(options),
    clock: steadyClock(deps.clock),
    logger: guardedLogger(deps.logger ?? silentLogger),
    backend: deps.chain,
    rules: deps.chain.rules,
    ledger: deps.chain.ledgerId,
  }
  const ground = {
    ...outside,
    store: cachingStore(withStoreTimeout(deps.store, outside.clock), outside.stateCacheBytes),
    reader: withReadTimeout(deps.chain, outside.clock),
    lifetime: lifetime(),
    mutex: keyedMutex<ChannelId>(),
    index: channelIndex(),
    chainClock: chainClock(outside.clock),
    ledgerThroughput: ledgerThroughput(outside),
    turns: turns<ClientName>(outside.clock, decisionTurns),
  }
  function onStates(id: ChannelId): void {
    parts.reactions.onStates(id)
  }
  function onDoubt(id: ChannelId): void {
    parts.linkSettler.settle(id)
  }
  const measuring = { ...ground, treeRoom: treeRoom(ground) }
  const held = {
    ...measuring,
    book: channelBook({ ...measuring, onStates, onDoubt }),
    stateChecker: stateChecker(measuring),
  }
  const channels = { ...held, linkSettler: linkSettler(held) }

  const mail = { ...channels, mailboxes: mailboxes(channels) }
  const notifications = { ...mail, notifier: notifier(mail) }

  function onNews(id: ChannelId): void {
    parts.familyWaker.wake(id)
  }
  function onReading(id: ChannelId): void {
    parts.stateSeeker.seek(id)
    parts.familyWaker.wakeForReading(id)
  }
  const tracking = {
    ...notifications,
    recordTracker: recordTracker(notifications),
    newcomers: newcomers(notifications),
  }
  const learning = {
    ...tracking,
    recordReader: recordReader({ ...tracking, onNews, onReading }),
    stateLearner: stateLearner(tracking),
    cursorKeeper: cursorKeeper(tracking),
    factStates: factStates(tracking),
  }
  const chain = { ...learning, stateSeeker: stateSeeker(learning), sweeper: sweeper(learning) }

  function hasFailed(root: ChannelId): boolean {
    return parts.disputeScheduler.hasFailed(root)
  }
  const planning = { ...chain, planMemory: planMemory(chain.random) }
  const judging = { ...planning, disputeWarnings: disputeWarnings(chain), familyLoader: familyLoader(planning) }
  const assessing = { ...judging, assessor: assessor({ ...judging, hasFailed }) }
  const scheduling = { ...assessing, disputeScheduler: disputeScheduler(assessing) }
  const disputes = { ...scheduling, familyWaker: familyWaker(scheduling) }

  const pruning = { ...disputes, channelPruner: channelPruner(disputes), historyKeeper: historyKeeper(disputes) }
  const clients = {
    ...pruning,
    submissions: submissions(pruning),
    capacityWatch: capacityWatch(pruning),
    fundedPlaces: fundedPlaces(pruning),
  }

  const reacting = { ...clients, reactions: reactions(clients) }
  const parts = { ...reacting, lifeCycle: lifeCycle({ ...reacting, follow: () => followChain(reacting) }) }
  return { ...parts, assertOpen: parts.lifeCycle.assertOpen }
}

/**
 * The watcher: states come in, are checked and stored; what the chain holds is followed; where the two differ, the
 * dispute rules say what to send.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function watcherEngine(deps: EngineDeps, options: EngineOptions = {}): WatcherEngine {
  const parts = connect(deps, options)
  const { index, chainClock, notifier, lifeCycle } = parts

  return {
    start: lifeCycle.start,
    async startWatching(...args) {
      lifeCycle.assertOpen()
      return await startWatching(parts, ...args)
    },
    async stopWatching(idInput, { client = localClient, reason, ...stopOptions } = {}) {
      lifeCycle.assertOpen()
      const id = parseChannelId(idInput)
      if (!index.get(id)?.clients.includes(client)) throw unknownChannel(id)
      await stopWatching(parts, id, { client, reason }, stopOptions)
    },
    ...channelStatuses(parts),
    usage: (client, of) => (of === undefined ? index.usage.of(client) : usageIn(index.chargesOf(of), client)),
    describe: parts.factStates.describe,
    get head() {
      return chainClock.head
    },
    get capacity() {
      return parts.capacityWatch.current
    },
    get stats() {
      const { mutex, linkSettler, recordReader, stateLearner, stateSeeker, sweeper, channelPruner, assessor } = parts
      const writes = mutex.size + linkSettler.size
      const readings = recordReader.size + sweeper.size
      return {
        channels: index.size,
        nestedChannels: index.ledgerWindows.nested,
        clients: index.usage.clients,
        openFamilies: parts.disputeScheduler.open.length,
        mailboxes: parts.mailboxes.size,
        unsettledChannels: parts.recordTracker.unsettledChannels,
        warnedChannels: notifier.warnedChannels,
        tasks: writes + readings + stateLearner.size + stateSeeker.size + channelPruner.size,
        decisions: assessor.decisions,
        sweepCalls: sweeper.calls,
        foundBySweep: sweeper.found,
      }
    },
    get warnings() {
      return notifier.warnings
    },
    shutdown: lifeCycle.shutdown,
    [Symbol.asyncDispose]: () => lifeCycle.shutdown(),
  }
}
