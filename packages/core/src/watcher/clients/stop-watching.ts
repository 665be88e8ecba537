import type { KeyedMutex } from '../../async/keyed-mutex.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { EventSink } from '../../spi/engine.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import { none } from '../../store/summary.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import type { DisputeScheduler } from '../disputes/dispute-scheduler.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { ChannelPruner } from './channel-pruner.ts'

/** Whose watches end: all of a client's of one channel, or only the one with this sink. */
export interface Departure {
  readonly client: ClientName
  readonly only?: EventSink | undefined
}

/** Where clients leave channels. */
export interface Departures {
  /**
   * Ends one watch or all of a client's of a channel. With the last one ends its registration; with the last registration
   * of a channel its protection, once no dispute of its family is under way.
   *
   * @throws WatcherError `SUB_CHANNELS_WATCHED`, the signal's reason, or what the store throws: nothing has changed then.
   */
  leave(id: ChannelId, departure: Departure, options: AbortOptions): Promise<void>
}

export interface DeparturesDeps {
  readonly index: ChannelIndex
  readonly store: EngineStore
  readonly mutex: KeyedMutex<ChannelId>
  readonly desk: DisputeScheduler
  readonly mail: Mailboxes
  readonly orphans: ChannelPruner
}

export function departures({ index, store, mutex, desk, mail, orphans }: DeparturesDeps): Departures {
  /** Other watches of the same client keep it registered. */
  function staysRegistered(id: ChannelId, { client, only }: Departure): boolean {
    return only !== undefined && [...mail.sinksOf(id, client)].some((sink) => sink !== only)
  }

  /** Only the client's own sub-channels hold it back: nobody can keep another client from leaving. */
  function assertNoChildrenOf(id: ChannelId, client: ClientName): void {
    const held = index.childrenOf(id).filter(({ clients }) => clients.includes(client))
    if (held.length === 0) return
    throw new WatcherError('SUB_CHANNELS_WATCHED', 'The channel still has watched sub-channels.', {
      details: [`Channel ${id} has ${held.map((child) => child.id).join(', ')}.`],
    })
  }

  function isLast(id: ChannelId, client: ClientName): boolean {
    return index.get(id)?.clients.every((each) => each === client) ?? true
  }

  /** @returns `false` if a dispute began meanwhile and nothing was done. */
  async function tryToLeave(id: ChannelId, departure: Departure): Promise<boolean> {
    const entry = index.get(id)
    if (entry === undefined) return true
    const { client, only } = departure
    if (only !== undefined && staysRegistered(id, departure)) {
      mail.disconnect(id, client, only)
      return true
    }
    assertNoChildrenOf(id, client)
    if (isLast(id, client) && index.rootsOf(id).some((root) => desk.isUnderWay(root))) return false
    const clients = entry.clients.filter((each) => each !== client)
    try {
      await store.commit([
        { type: 'putLinks', id, parents: entry.parents, clients },
        { type: 'putMailbox', id, client, mailbox: undefined },
      ])
    } catch (error) {
      mail.rewrite(id, client)
      throw error
    }
    const unbriefed = entry.unbriefed.filter((each) => each !== client)
    index.patch(id, { clients: clients.length === 0 ? none : clients, unbriefed })
    mail.forget(id, client)
    return true
  }

  return {
    /** Nothing changes before it is certain that the channel may be stopped and its dispute is finished. */
    async leave(id, departure, options) {
      options.signal?.throwIfAborted()
      for (let hasLeft = false; !hasLeft; ) {
        if (!staysRegistered(id, departure)) {
          assertNoChildrenOf(id, departure.client)
          if (isLast(id, departure.client)) await desk.atRest(index.rootsOf(id), options)
        }
        hasLeft = await mutex.run(id, () => tryToLeave(id, departure))
      }
      await orphans.prune()
    },
  }
}
