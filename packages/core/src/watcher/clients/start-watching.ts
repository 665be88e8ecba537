import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { hasCode, WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { SignedState, Transaction } from '../../model/channel.ts'
import type { SignedStateInput } from '../../model/input.ts'
import type { EngineWatch, EngineWatchOptions, EventSink, WatcherEngine } from '../../spi/engine.ts'
import type { AbortOptions, Logger } from '../../spi/runtime.ts'
import type { StoreChange } from '../../spi/store.ts'
import { newChannel } from '../../store/apply-change.ts'
import { summaryOf } from '../../store/summary.ts'
import { checkParams } from '../../validation/check-state.ts'
import { localClient } from '../../validation/parse-client-name.ts'
import { parseChannelId } from '../../validation/parse-hex.ts'
import { parseSignedState, parseTransaction } from '../../validation/parse-state.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import { type ChannelEntry, type ChannelIndex, entryOf, isWatched } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import type { StateChecker } from '../channels/state-checker.ts'
import type { DisputeWarnings } from '../disputes/dispute-warnings.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { Notifier } from '../notifications/notifier.ts'
import type { ChannelPruner } from './channel-pruner.ts'
import { checkKinship, checkLockInParent, checkParent, checkRoom, hasShortWindow } from './start-rules.ts'
import type { Departures } from './stop-watching.ts'
import { type Submissions, unknownChannel } from './submissions.ts'

/** Where events of one watch go, and whose watch it is. */
interface ClientSink {
  readonly client: ClientName
  readonly sink: EventSink
  readonly acceptOlder: boolean
}

/** Where clients begin and end to watch channels. */
export type WatchDesk = Pick<WatcherEngine, 'startWatching' | 'stopWatching'>

export interface WatchDeskDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly states: StateChecker
  readonly mutex: KeyedMutex<ChannelId>
  readonly intake: Submissions
  readonly mail: Mailboxes
  readonly departures: Departures
  readonly orphans: ChannelPruner
  readonly refresher: RecordReader
  readonly alarm: DisputeWarnings
  readonly notifier: Notifier
  readonly logger: Logger
  readonly assertOpen: () => void
  /** The newest state of a channel changed, or its place in a family. */
  readonly onNewest: (id: ChannelId) => void
}

export function watchDesk(deps: WatchDeskDeps): WatchDesk {
  const { index, store, states, mutex } = deps

  async function startWatching(
    input: SignedStateInput,
    sink: EventSink,
    { parent: parentInput, client = localClient, acceptOlder = false, signal }: EngineWatchOptions = {},
  ): Promise<EngineWatch> {
    signal?.throwIfAborted()
    const channel = parseSignedState(input)
    const parent = parentInput === undefined ? undefined : parseChannelId(parentInput, 'parent')
    const id = channel.state.channelId
    checkParams(channel.params)
    checkParent(index, id, channel.params, parent)
    const mine = { client, sink, acceptOlder }
    await inOrder(parent === undefined ? [id] : [parent, id], async () => {
      signal?.throwIfAborted()
      await admit(id, channel, parent, mine)
    })
    await deps.orphans.prune()
    // From here on the channel is guarded, whatever the chain or the store answer now.
    if (!(await deps.refresher.tryReading(id, signal))) deps.refresher.readInBackground(id)
    deps.onNewest(id)
    await warnOfShortWindow(id, channel).catch((error: unknown) => {
      deps.logger.warn('Challenge durations not compared', { channel: id }, error)
    })
    return watchOf(id, mine)
  }

  /** Holds several channels still at a time. Always in the same order, so that no two calls wait for each other. */
  function inOrder<T>(ids: readonly ChannelId[], task: () => Promise<T>): Promise<T> {
    return [...ids].sort().reduce<() => Promise<T>>((inner, id) => () => mutex.run(id, inner), task)()
  }

  async function admit(
    id: ChannelId,
    channel: SignedState,
    parent: ChannelId | undefined,
    mine: ClientSink,
  ): Promise<void> {
    deps.assertOpen()
    checkParent(index, id, channel.params, parent)
    if (parent !== undefined) {
      checkRoom(index, id, parent)
      await checkAgainstParent(id, channel, parent)
    }
    const entry = await entryAsStored(id)
    const parents = [...new Set([...(entry?.parents ?? []), ...(parent === undefined ? [] : [parent])])]
    if (entry === undefined) await create(id, channel, parents, mine)
    else await rejoin(entry, channel, parents, mine)
  }

  async function checkAgainstParent(id: ChannelId, channel: SignedState, parent: ChannelId): Promise<void> {
    const stored = await store.load(parent)
    if (stored === undefined) return
    checkKinship(stored.params, id, channel.params)
    checkLockInParent(stored.newest.state, channel)
  }

  /** A write or a removal that was reported as failed may have been made: the store knows. */
  async function entryAsStored(id: ChannelId): Promise<ChannelEntry | undefined> {
    const known = index.get(id)
    if (known !== undefined && isWatched(known)) return known
    const stored = await store.load(id)
    if (stored === undefined) index.remove(id)
    else if (known === undefined) index.put(entryOf(summaryOf(id, stored)))
    return index.get(id)
  }

  async function create(
    id: ChannelId,
    channel: SignedState,
    parents: readonly ChannelId[],
    mine: ClientSink,
  ): Promise<void> {
    const { params } = channel
    const newest = await states.check(channel)
    const change = { type: 'createChannel', id, params, parents, clients: [mine.client], newest } as const
    await store.commit([change])
    index.put(entryOf(summaryOf(id, newChannel(change))))
    deps.mail.connect(id, mine.client, mine.sink)
  }

  async function rejoin(
    entry: ChannelEntry,
    channel: SignedState,
    parents: readonly ChannelId[],
    mine: ClientSink,
  ): Promise<void> {
    const { id } = entry
    // The same parameters, or the id would differ.
    const checked = await states.check(channel)
    const stored = await store.load(id)
    if (stored === undefined) throw unknownChannel(id)
    // A newer state is taken, the same one is fine.
    const acceptance = await states.acceptChecked(entry, stored, checked).catch((error: unknown) => {
      const isReturn = mine.acceptOlder && entry.clients.includes(mine.client)
      if (isReturn && hasCode(error, 'VERSION_STALE')) return undefined
      throw error
    })
    const clients = [...new Set([...entry.clients, mine.client])]
    const links: StoreChange = { type: 'putLinks', id, parents, clients }
    await store.commit([links, ...(acceptance?.changes ?? [])])
    const now = index.get(id) ?? entry
    const unbriefed = [...new Set([...now.unbriefed, mine.client])]
    index.patch(id, { ...acceptance?.patch, parents, clients, unbriefed })
    deps.mail.connect(id, mine.client, mine.sink)
    // Warnings that earlier listeners heard are news for this one.
    deps.notifier.clearWarnings(id)
  }

  async function warnOfShortWindow(id: ChannelId, { params }: SignedState): Promise<void> {
    for (const root of index.rootsOf(id)) {
      const rootParams = (await store.load(root))?.params
      if (rootParams === undefined || !hasShortWindow(params, rootParams)) continue
      const seconds = `${params.challengeDuration} s, its ledger channel ${rootParams.challengeDuration} s`
      deps.alarm.shortSubWindow(id, `The sub-channel's challenge duration is ${seconds}.`)
    }
  }

  function watchOf(id: ChannelId, mine: ClientSink): EngineWatch {
    let stopping: Promise<void> | undefined
    const isOver = (): boolean => !deps.mail.sinksOf(id, mine.client).has(mine.sink)

    async function stop(options: AbortOptions): Promise<void> {
      deps.assertOpen()
      await deps.departures.leave(id, { client: mine.client, only: mine.sink }, options)
    }

    function assertWatching(): void {
      deps.assertOpen()
      if (isOver()) throw new WatcherError('WATCH_ENDED', 'The watch was stopped.', { details: [`Channel ${id}.`] })
    }

    async function publishParsed(transaction: Transaction, options?: AbortOptions): Promise<void> {
      assertWatching()
      if (transaction.state.channelId !== id) throw otherChannel(id, transaction.state.channelId)
      await deps.intake.submit(id, transaction, options)
    }

    return {
      channelId: id,
      async publish(transaction, options) {
        assertWatching()
        await publishParsed(parseTransaction(transaction), options)
      },
      publishParsed,
      acknowledge(sequence) {
        if (!isOver()) deps.mail.acknowledge(id, mine.client, sequence)
      },
      async stop(options = {}) {
        if (isOver()) return
        stopping ??= stop(options).finally(() => {
          stopping = undefined
        })
        await stopping
      },
      detach() {
        deps.mail.disconnect(id, mine.client, mine.sink)
      },
    }
  }

  return {
    startWatching,
    async stopWatching(idInput, { client = localClient, ...options } = {}) {
      const id = parseChannelId(idInput)
      if (!index.get(id)?.clients.includes(client)) throw unknownChannel(id)
      await deps.departures.leave(id, { client }, options)
    },
  }
}

function otherChannel(id: ChannelId, got: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_ID_MISMATCH', 'The state belongs to another channel.', {
    details: [`Published to ${id}, the state says ${got}.`],
  })
}
