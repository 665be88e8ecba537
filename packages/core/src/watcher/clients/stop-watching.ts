import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { EventSink } from '../../spi/engine.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { StoreChange } from '../../spi/store.ts'
import type { ChannelBook } from '../channels/channel-book.ts'
import type { ChannelEntry, ChannelIndex } from '../channels/channel-index.ts'
import type { DisputeScheduler } from '../disputes/dispute-scheduler.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { ChannelPruner } from './channel-pruner.ts'

type PutLineClients = Extract<StoreChange, { type: 'putLineClients' }>

/** Whose watches end: all of a client's of one channel, or only the one with this sink. */
export interface Leaving {
  readonly client: ClientName
  readonly only?: EventSink | undefined
  /** Why, where the client did not ask for it. */
  readonly reason?: Error | undefined
}

export interface StopWatchingDeps {
  readonly index: ChannelIndex
  readonly book: Pick<ChannelBook, 'relink'>
  readonly mutex: KeyedMutex<ChannelId>
  readonly disputeScheduler: Pick<DisputeScheduler, 'isUnderWay' | 'atRest'>
  readonly mailboxes: Mailboxes
  readonly channelPruner: ChannelPruner
}

/**
 * Ends one watch or all of a client's of a channel. With the last one its enrolment ends; with the last enrolment of a
 * channel its protection ends, once no dispute of its family is under way. Nothing changes before it is certain that the
 * channel may be stopped and its disputes are finished.
 *
 * @throws WatcherError `SUB_CHANNELS_WATCHED`, the signal's reason, or what the store throws: nothing has changed then.
 */
export async function stopWatching(
  deps: StopWatchingDeps,
  id: ChannelId,
  leaving: Leaving,
  options: AbortOptions,
): Promise<void> {
  const { mutex, disputeScheduler, channelPruner } = deps
  options.signal?.throwIfAborted()
  for (let hasLeft = false; !hasLeft; ) {
    if (!staysEnrolled(deps, id, leaving)) {
      assertNoChildrenOf(deps, id, leaving.client)
      if (isLast(deps, id, leaving.client)) await disputeScheduler.atRest(familiesOf(deps, id, leaving.client), options)
    }
    hasLeft = await mutex.run(id, () => tryToLeave(deps, id, leaving))
  }
  await channelPruner.prune()
}

/** Other watches of the same client keep it enrolled. */
function staysEnrolled({ mailboxes }: StopWatchingDeps, id: ChannelId, { client, only }: Leaving): boolean {
  return only !== undefined && [...mailboxes.sinksOf(id, client)].some((sink) => sink !== only)
}

/** Only the client's own sub-channels hold it back: nobody can keep another client from leaving. */
function assertNoChildrenOf({ index }: StopWatchingDeps, id: ChannelId, client: ClientName): void {
  const held = index.childrenOf(id).filter(({ clients }) => clients.includes(client))
  if (held.length === 0) return
  throw new WatcherError('SUB_CHANNELS_WATCHED', 'The channel still has watched sub-channels.', {
    details: [`Channel ${id} has ${held.map((child) => child.id).join(', ')}.`],
  })
}

function isLast({ index }: StopWatchingDeps, id: ChannelId, client: ClientName): boolean {
  return index.get(id)?.clients.every((each) => each === client) ?? true
}

/** Families whose disputes are to be finished first. A stranger who locks the channel must not be able to hold anybody back. */
function familiesOf({ index }: StopWatchingDeps, id: ChannelId, client: ClientName): readonly ChannelId[] {
  const above = new Set(index.watchedRootsOf(id))
  return index.rootsOf(id).filter((root) => above.has(root) || (index.get(root)?.clients.includes(client) ?? false))
}

/** Below a channel that only the client who leaves watches, nobody else's channel hangs any longer. */
function parentsOf(
  { index }: Pick<StopWatchingDeps, 'index'>,
  { parents }: ChannelEntry,
  clients: readonly ClientName[],
): readonly ChannelId[] {
  // Nobody watches it any more: it stays where it is for as long as something locks it.
  if (clients.length === 0) return parents
  return parents.filter((parent) => index.get(parent)?.clients.some((each) => clients.includes(each)) ?? false)
}

/**
 * Whoever leaves a line that a channel of theirs may still need keeps the part in it: it is to be charged to them, and not to
 * others who lock the channel with other funds.
 */
function partsLeft(
  { index }: Pick<StopWatchingDeps, 'index'>,
  { id, otherLines }: ChannelEntry,
  clients: readonly ClientName[],
): readonly PutLineClients[] {
  if (otherLines.length === 0) return []
  const heirs = new Set(index.lockersOf(id).flatMap((locker) => index.payersOf(locker.id)))
  return otherLines.flatMap(({ number, clients: own }) => {
    const staying = own.filter((client) => clients.includes(client) || heirs.has(client))
    return staying.length === own.length ? [] : [{ type: 'putLineClients', id, line: number, clients: staying }]
  })
}

/** @returns `false` if a dispute began meanwhile and nothing was done. */
async function tryToLeave(deps: StopWatchingDeps, id: ChannelId, leaving: Leaving): Promise<boolean> {
  const { index, book, disputeScheduler, mailboxes } = deps
  const { client, only, reason } = leaving
  const entry = index.get(id)
  if (entry === undefined) return true
  if (only !== undefined && staysEnrolled(deps, id, leaving)) {
    mailboxes.disconnect(id, client, only)
    return true
  }
  assertNoChildrenOf(deps, id, client)
  if (isLast(deps, id, client) && familiesOf(deps, id, client).some(disputeScheduler.isUnderWay)) return false
  const clients = entry.clients.filter((each) => each !== client)
  try {
    await book.relink(id, [
      { type: 'putLinks', id, parents: parentsOf(deps, entry, clients), clients },
      ...partsLeft(deps, entry, clients),
      { type: 'putMailbox', id, client, mailbox: undefined },
    ])
  } catch (error) {
    mailboxes.rewrite(id, client)
    throw error
  }
  mailboxes.forget(id, client, reason)
  return true
}
