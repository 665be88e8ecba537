import { WatcherError } from '../errors/watcher-error.ts'
import { checkParams } from '../intake/check-state.ts'
import { parseChannelId } from '../intake/parse-hex.ts'
import { parseSignedState, parseTransaction } from '../intake/parse-state.ts'
import type { ChannelId } from '../model/brand.ts'
import type { SignedState } from '../model/channel.ts'
import type { SignedStateInput, TransactionInput } from '../model/input.ts'
import type { ChannelBackend } from '../spi/chain.ts'
import type { EngineWatch, EventSink } from '../spi/engine.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { Store, StoreChange } from '../spi/store.ts'
import type { StartWatchingOptions } from '../spi/watcher.ts'
import { entryOf, type StateChecker } from './accept-state.ts'
import type { Alarm } from './alarm.ts'
import type { ChannelEntry, ChannelIndex } from './channel-index.ts'
import type { DisputeDesk } from './dispute-desk.ts'
import { type Intake, unknownChannel } from './intake.ts'
import type { KeyedSerial } from './keyed-serial.ts'
import type { Refresher } from './refresher.ts'
import { checkLockInParent, checkParent, hasShortWindow } from './start-rules.ts'

/** Where clients begin and end to watch channels. */
export interface WatchDesk {
  startWatching(channel: SignedStateInput, sink: EventSink, options?: StartWatchingOptions): Promise<EngineWatch>
  /** Drops archived channels that nothing locks any more. */
  releaseArchived(parent: ChannelId): Promise<void>
}

export interface WatchDeskDeps {
  readonly index: ChannelIndex
  readonly store: Store
  readonly backend: ChannelBackend
  readonly states: StateChecker
  readonly serial: KeyedSerial<ChannelId>
  readonly intake: Intake
  readonly desk: DisputeDesk
  readonly refresher: Refresher
  readonly alarm: Alarm
  readonly assertOpen: () => void
  /** The newest state of a channel changed, or its place in a family. */
  readonly onNewest: (id: ChannelId) => void
}

export function watchDesk(deps: WatchDeskDeps): WatchDesk {
  const { index, store, backend, states, serial, desk } = deps

  async function startWatching(
    input: SignedStateInput,
    sink: EventSink,
    { parent: parentInput, signal }: StartWatchingOptions = {},
  ): Promise<EngineWatch> {
    const channel = parseSignedState(input)
    const parent = parentInput === undefined ? undefined : parseChannelId(parentInput, 'parent')
    const id = channel.state.channelId
    checkParams(channel.params)
    checkParent(index, id, channel.params, parent)
    await inOrder(parent === undefined ? [id] : [parent, id], () => admit(id, channel, parent, sink))
    deps.onNewest(id)
    // From here on the channel is guarded, whatever the chain answers now.
    if (!(await deps.refresher.tryOnce(id, signal))) deps.refresher.keepTrying(id)
    await warnOfShortWindow(id, channel)
    return watchOf(id, sink)
  }

  /** Holds several channels still at a time. Always in the same order, so that no two calls wait for each other. */
  function inOrder<T>(ids: readonly ChannelId[], task: () => Promise<T>): Promise<T> {
    return [...ids].sort().reduce<() => Promise<T>>((inner, id) => () => serial.run(id, inner), task)()
  }

  async function admit(
    id: ChannelId,
    channel: SignedState,
    parent: ChannelId | undefined,
    sink: EventSink,
  ): Promise<void> {
    deps.assertOpen()
    checkParent(index, id, channel.params, parent)
    const storedParent = parent && (await store.load(parent))
    checkLockInParent(storedParent?.newest.state.outcome.locked ?? [], id, channel.params)
    const entry = index.get(id)
    const parents = [...new Set([...(entry?.parents ?? []), ...(parent === undefined ? [] : [parent])])]
    if (entry === undefined) await create(id, channel, parents, sink)
    else await rejoin(entry, channel, parents, sink)
  }

  async function create(
    id: ChannelId,
    channel: SignedState,
    parents: readonly ChannelId[],
    sink: EventSink,
  ): Promise<void> {
    const { params, state, sigs } = states.check(channel)
    const newest = { state, sigs }
    await store.commit([{ type: 'createChannel', id, params, parents, newest }])
    const nothing = { fallback: undefined, registered: undefined, record: undefined }
    index.put({ ...entryOf(backend, id, { params, parents, newest, watched: true, ...nothing }), sinks: [sink] })
  }

  async function rejoin(
    entry: ChannelEntry,
    channel: SignedState,
    parents: readonly ChannelId[],
    sink: EventSink,
  ): Promise<void> {
    const { id } = entry
    const stored = await store.load(id)
    if (stored === undefined) throw unknownChannel(id)
    // The same parameters, or the id would differ: a newer state is taken, the same one is fine.
    const acceptance = states.accept(entry, stored, states.check(channel))
    const links: StoreChange = { type: 'putLinks', id, parents, watched: true }
    await store.commit([links, ...(acceptance?.changes ?? [])])
    index.patch(id, { ...acceptance?.patch, parents, watched: true, sinks: [...(index.get(id)?.sinks ?? []), sink] })
  }

  async function warnOfShortWindow(id: ChannelId, { params }: SignedState): Promise<void> {
    for (const root of index.rootsOf(id)) {
      const rootParams = (await store.load(root))?.params
      if (rootParams === undefined || !hasShortWindow(params, rootParams)) continue
      const seconds = `${params.challengeDuration} s, its ledger channel ${rootParams.challengeDuration} s`
      deps.alarm.shortSubWindow(id, `The sub-channel's challenge duration is ${seconds}.`)
    }
  }

  function watchOf(id: ChannelId, sink: EventSink): EngineWatch {
    let isStopped = false
    let stopping: Promise<void> | undefined

    function assertWatched(): void {
      deps.assertOpen()
      if (isStopped) throw new WatcherError('WATCH_ENDED', 'The watch was stopped.', { details: [`Channel ${id}.`] })
    }

    async function stop(options: AbortOptions): Promise<void> {
      await stopWatching(id, sink, options)
      isStopped = true
      sink.end()
    }

    return {
      channelId: id,
      async publish(transaction: TransactionInput, options = {}) {
        assertWatched()
        const parsed = parseTransaction(transaction)
        if (parsed.state.channelId !== id) throw otherChannel(id, parsed.state.channelId)
        await deps.intake.submit(id, parsed, options)
      },
      async stop(options = {}) {
        if (isStopped) return
        stopping ??= stop(options).finally(() => {
          stopping = undefined
        })
        await stopping
      },
    }
  }

  /** Nothing changes before it is certain that the channel may be stopped and its dispute is finished. */
  async function stopWatching(id: ChannelId, sink: EventSink, options: AbortOptions): Promise<void> {
    for (let released: readonly ChannelId[] | undefined; released === undefined; ) {
      assertNoWatchedChildren(id, sink)
      if (isLastWatch(id, sink)) await desk.atRest(index.rootsOf(id), options)
      released = await serial.run(id, () => leave(id, sink))
      if (released !== undefined) await releaseOrphans(released)
    }
  }

  function isLastWatch(id: ChannelId, sink: EventSink): boolean {
    return index.get(id)?.sinks.every((each) => each === sink) ?? true
  }

  function assertNoWatchedChildren(id: ChannelId, sink: EventSink): void {
    if (!isLastWatch(id, sink)) return
    const watched = index.childrenOf(id).filter((child) => child.watched)
    if (watched.length === 0) return
    throw new WatcherError('SUB_CHANNELS_WATCHED', 'The channel still has watched sub-channels.', {
      details: [`Channel ${id} has ${watched.map((child) => child.id).join(', ')}.`],
    })
  }

  /** @returns channels that may have become orphans; `undefined` if a dispute began meanwhile and nothing was done. */
  async function leave(id: ChannelId, sink: EventSink): Promise<readonly ChannelId[] | undefined> {
    const entry = index.get(id)
    if (entry === undefined) return []
    assertNoWatchedChildren(id, sink)
    if (!isLastWatch(id, sink)) {
      index.patch(id, { sinks: entry.sinks.filter((each) => each !== sink) })
      return []
    }
    if (index.rootsOf(id).some((root) => desk.isUnderWay(root))) return undefined
    return retire(entry)
  }

  /** The last client left: keep the channel silently while a parent locks it, forget it otherwise. */
  async function retire(entry: ChannelEntry): Promise<readonly ChannelId[]> {
    const { id, parents } = entry
    if (!index.isLocked(id)) return forget(entry)
    await store.commit([{ type: 'putLinks', id, parents, watched: false }])
    index.patch(id, { sinks: [], watched: false })
    return []
  }

  async function forget(entry: ChannelEntry): Promise<readonly ChannelId[]> {
    const children = index.childrenOf(entry.id).map((child) => child.id)
    await store.commit([{ type: 'removeChannel', id: entry.id }])
    index.remove(entry.id)
    return children
  }

  /** Forgets what is archived and no longer locked, and what was kept only because of that. */
  async function releaseOrphans(ids: readonly ChannelId[]): Promise<void> {
    for (const id of ids) await releaseOrphans(await serial.run(id, () => forgetIfOrphan(id)))
  }

  async function forgetIfOrphan(id: ChannelId): Promise<readonly ChannelId[]> {
    const entry = index.get(id)
    const isOrphan = entry !== undefined && !entry.watched && !index.isLocked(id)
    return isOrphan ? forget(entry) : []
  }

  return {
    startWatching,
    async releaseArchived(parent) {
      await releaseOrphans(index.childrenOf(parent).map((child) => child.id))
    },
  }
}

function otherChannel(id: ChannelId, got: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_ID_MISMATCH', 'The state belongs to another channel.', {
    details: [`Published to ${id}, the state says ${got}.`],
  })
}
