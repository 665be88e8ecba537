import { inTurns } from '../../async/keyed-mutex.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { SignedState } from '../../model/channel.ts'
import type { SignedStateInput } from '../../model/input.ts'
import type { AdjudicatorRules } from '../../spi/chain.ts'
import type { EngineWatch, EngineWatchOptions, EventSink } from '../../spi/engine.ts'
import type { Logger } from '../../spi/runtime.ts'
import { checkParams } from '../../validation/check-state.ts'
import { localClient } from '../../validation/parse-client-name.ts'
import { parseChannelId } from '../../validation/parse-hex.ts'
import { parseSignedState } from '../../validation/parse-state.ts'
import type { RecordReader } from '../chain/record-reader.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { DisputeWarnings } from '../disputes/dispute-warnings.ts'
import type { FamilyWaker } from '../disputes/family-waker.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { CapacityWatch } from './capacity-watch.ts'
import { type EnrolDeps, enrol } from './enrol.ts'
import { checkParent, hasShortWindow } from './start-rules.ts'
import { type WatchHandleDeps, watchEnded, watchHandle } from './watch-handle.ts'

export interface StartWatchingDeps extends EnrolDeps, WatchHandleDeps {
  readonly book: ChannelBook
  readonly mailboxes: Mailboxes
  readonly recordReader: RecordReader
  readonly disputeWarnings: Pick<DisputeWarnings, 'shortSubWindow'>
  readonly familyWaker: Pick<FamilyWaker, 'wake'>
  readonly capacityWatch: Pick<CapacityWatch, 'look'>
  readonly rules: AdjudicatorRules
  readonly logger: Logger
}

/** Begins a client's watch of a channel: `WatcherEngine.startWatching`. */
export async function startWatching(
  deps: StartWatchingDeps,
  input: SignedStateInput,
  sink: EventSink,
  { parent: parentInput, client = localClient, acceptOlder = false, signal }: EngineWatchOptions = {},
): Promise<EngineWatch> {
  signal?.throwIfAborted()
  const channel = parseSignedState(input)
  const parent = parentInput === undefined ? undefined : parseChannelId(parentInput, 'parent')
  const id = channel.state.channelId
  checkParams(channel.params)
  checkParent(deps.index, id, channel.params, { client, parent })
  await inTurns(deps.mutex, parent === undefined ? [id] : [parent, id], async () => {
    signal?.throwIfAborted()
    deps.assertOpen()
    await enrol(deps, channel, { client, sink, acceptOlder, parent })
  })
  await deps.channelPruner.prune()
  deps.capacityWatch.look()
  // From here on the channel is guarded, even if the chain or the store fails now.
  if (!(await deps.recordReader.tryReading(id, signal))) deps.recordReader.readInBackground(id)
  // Its place in a family may have changed.
  deps.familyWaker.wake(id)
  await warnOfShortWindow(deps, id, channel).catch((error: unknown) => {
    deps.logger.warn('Challenge durations not compared', { channel: id }, error)
  })
  // The client's stop may have been faster than the readings: nobody must think that the channel is guarded.
  if (!deps.mailboxes.sinksOf(id, client).has(sink)) throw watchEnded(id)
  return watchHandle(deps, id, { client, sink })
}

async function warnOfShortWindow(deps: StartWatchingDeps, id: ChannelId, { params }: SignedState): Promise<void> {
  // Most have none, and there may be many ledger channels to load.
  if (params.app === undefined) return
  for (const root of deps.index.rootsOf(id)) {
    const rootParams = (await deps.store.load(root))?.params
    if (rootParams === undefined || !hasShortWindow(params, rootParams, deps.rules)) continue
    const seconds = `${params.challengeDuration} s, its ledger channel ${rootParams.challengeDuration} s`
    deps.disputeWarnings.shortSubWindow(id, `The sub-channel's challenge duration is ${seconds}.`)
  }
}
