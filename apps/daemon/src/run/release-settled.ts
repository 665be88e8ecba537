import {
  type AbortOptions,
  type ChannelId,
  type ChannelStatus,
  type ClientName,
  type WatcherEngine,
  WatcherError,
} from '@perun-watcher/core'
import { mapConcurrently } from '@perun-watcher/core/internal'
import { type SettledChannels, type SettledChannelsDeps, settledChannels } from './settled-channels.ts'

export interface ReleaseSettledDeps extends SettledChannelsDeps {
  readonly engine: Pick<WatcherEngine, 'channels' | 'channelsOf' | 'channel' | 'head' | 'stopWatching'>
}

/**
 * Lets go of ledger channels that are concluded and empty, and of what their clients have below them: of clients that withdrew and
 * never said stop, and perhaps never come back. A channel is kept while anything is left in it, or while it cannot be told.
 *
 * What is let go is one client's: what others watch, and below what, keeps nobody's channels, and takes nobody's along.
 */
export interface ReleaseSettled {
  /** Looks once. Rejects only with the reason of the signal. */
  look(options?: AbortOptions): Promise<void>
  /** Looks again and again. Rejects with the reason of the signal. */
  keepLooking(signal: AbortSignal): Promise<never>
}

/** Between two looks: nothing is in danger, and a day more or less does not matter. */
const pauseMs = 600_000

const channelsPerTurn = 500

/** How long the releases of one client wait for disputes, which there should be none of. */
const stopLimitMs = 30_000
/** One whose stops hang must not hold up all others. */
const clientsAtOnce = 16

export function releaseSettled(deps: ReleaseSettledDeps): ReleaseSettled {
  const { engine, clock, logger } = deps
  const settled = settledChannels(deps)

  /** The channels of a client, a few in a turn: there may be a million. */
  async function channelsOf(client: ClientName, { signal }: AbortOptions): Promise<Map<ChannelId, ChannelStatus>> {
    const found = new Map<ChannelId, ChannelStatus>()
    let seen = 0
    for (const id of [...engine.channelsOf(client)]) {
      seen += 1
      if (seen % channelsPerTurn === 0) await clock.sleep(0, { signal })
      const channel = engine.channel(id)
      if (channel !== undefined) found.set(id, channel)
    }
    return found
  }

  async function release(id: ChannelId, client: ClientName, signal: AbortSignal): Promise<void> {
    try {
      await engine.stopWatching(id, { client, reason: channelSettled(id), signal })
      logger.info('Channel let go: it is concluded, and nothing is left in it', { channel: id, client })
    } catch (error) {
      // Something hangs below it that is not settled, or the store does not take it: there is another look.
      logger.debug('Settled channel not let go yet', { channel: id, client, error: String(error) })
    }
  }

  async function releaseAll(client: ClientName, ids: ReadonlySet<ChannelId>, options: AbortOptions): Promise<void> {
    const { signal } = options
    const own = await channelsOf(client, options)
    const limit = AbortSignal.any([AbortSignal.timeout(stopLimitMs), ...(signal === undefined ? [] : [signal])])
    for (const id of familiesOf(own, ids).reverse()) {
      if (limit.aborted) return
      if (isStillSettled(id, client, { ids, settled, engine })) await release(id, client, limit)
    }
  }

  async function look(options: AbortOptions = {}): Promise<void> {
    const found = await settled.find(options)
    const ids = new Set(found.map(({ id }) => id))
    const clients = [...new Set(found.flatMap((channel) => channel.clients))]
    await mapConcurrently(clients, clientsAtOnce, (client) => releaseAll(client, ids, options))
    options.signal?.throwIfAborted()
  }

  return {
    look,
    async keepLooking(signal) {
      for (;;) {
        await clock.sleep(pauseMs, { signal })
        await look({ signal }).catch((error: unknown) => {
          signal.throwIfAborted()
          logger.error('Settled channels not looked for; there is another look', {}, error)
        })
      }
    },
  }
}

/** All channels of a client. */
type Own = ReadonlyMap<ChannelId, ChannelStatus>

/** Below which of the client's channels one hangs. A ledger channel stands for itself: there is money of its own in it. */
function parentsIn(own: Own, { parents, isLedger }: ChannelStatus): readonly ChannelId[] {
  return isLedger ? [] : parents.filter((parent) => own.has(parent))
}

function childrenIn(own: Own): ReadonlyMap<ChannelId, readonly ChannelId[]> {
  const children = new Map<ChannelId, ChannelId[]>()
  for (const channel of own.values()) {
    for (const parent of parentsIn(own, channel)) {
      const below = children.get(parent)
      if (below === undefined) children.set(parent, [channel.id])
      else below.push(channel.id)
    }
  }
  return children
}

/** Settled channels of a client, and what it has below these alone, each behind all that it is below. */
function familiesOf(own: Own, settled: ReadonlySet<ChannelId>): ChannelId[] {
  const children = childrenIn(own)
  /** How many of its parents are not among those that are let go. */
  const parentsLeft = new Map([...own.values()].map((channel) => [channel.id, parentsIn(own, channel).length]))
  const order = [...own.keys()].filter((id) => settled.has(id))
  // What is added meanwhile is visited too.
  for (const id of order) {
    for (const child of children.get(id) ?? []) {
      const left = (parentsLeft.get(child) ?? 0) - 1
      parentsLeft.set(child, left)
      if (left === 0) order.push(child)
    }
  }
  return order
}

interface Verdicts {
  /** Ledger channels that were found to be settled. */
  readonly ids: ReadonlySet<ChannelId>
  readonly settled: Pick<SettledChannels, 'isOver'>
  readonly engine: Pick<WatcherEngine, 'channel'>
}

/** Whether that is true yet of a channel and of everything that the client has above it: time has passed since it was found. */
function isStillSettled(start: ChannelId, client: ClientName, { ids, settled, engine }: Verdicts): boolean {
  if (!engine.channel(start)?.clients.includes(client)) return false
  const open = new Set([start])
  // What is added meanwhile is visited too.
  for (const id of open) {
    const channel = engine.channel(id)
    // The client has left it.
    if (!channel?.clients.includes(client)) continue
    if (channel.isLedger) {
      if (!ids.has(id) || !settled.isOver(channel)) return false
    } else {
      for (const parent of channel.parents) open.add(parent)
    }
  }
  return true
}

const channelSettled = (id: ChannelId): WatcherError =>
  new WatcherError('CHANNEL_SETTLED', 'The channel is concluded for good, and nothing is left in it.', {
    details: [`Channel ${id} is not guarded any longer.`],
  })
