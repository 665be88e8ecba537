import {
  type AbortOptions,
  type ChannelId,
  type ChannelStatus,
  type Clock,
  type Logger,
  type SignedState,
  type WatcherEngine,
  WatcherError,
} from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'

export interface ReleaseSettledDeps {
  readonly engine: Pick<WatcherEngine, 'channels' | 'channel' | 'stopWatching'>
  readonly store: Pick<Store, 'load'>
  /** What the asset holders hold for a ledger channel; `undefined`: that cannot be told. */
  readonly heldIn: (channel: SignedState, options: AbortOptions) => Promise<bigint | undefined>
  /** Milliseconds for which a channel must have been concluded, as far as this process saw it. */
  readonly releaseAfterMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Lets go of ledger channels that are concluded and empty, and of all below them: of clients that withdrew and never said stop,
 * and perhaps never come back. A channel is kept while anything is left in it, or while it cannot be told.
 */
export interface ReleaseSettled {
  /** Looks once. Rejects only with the reason of the signal. */
  look(options?: AbortOptions): Promise<void>
  /** Looks again and again. Rejects with the reason of the signal. */
  keepLooking(signal: AbortSignal): Promise<never>
}

/** Between two looks: nothing is in danger, and a day more or less does not matter. */
const pauseMs = 600_000

/** A status takes some microseconds. */
const channelsPerTurn = 500

/** How long a release waits for disputes, which there should be none of. */
const stopLimitMs = 30_000

export function releaseSettled({
  engine,
  store,
  heldIn,
  releaseAfterMs,
  clock,
  logger,
}: ReleaseSettledDeps): ReleaseSettled {
  /** Since when each ledger channel is concluded without a break. A reorg, or an endpoint that lied, begins it anew. */
  let concludedSince: ReadonlyMap<ChannelId, number> = new Map()

  /** All channels, a few in a turn: there may be a million, and disputes must not wait for this. */
  async function* everyChannel({ signal }: AbortOptions): AsyncGenerator<ChannelStatus, void, undefined> {
    let seen = 0
    for (const channel of engine.channels()) {
      seen += 1
      if (seen % channelsPerTurn === 0) await clock.sleep(0, { signal })
      yield channel
    }
  }

  /** Ledger channels that were concluded long enough ago. */
  async function ripe(options: AbortOptions): Promise<readonly ChannelStatus[]> {
    const now = clock.now()
    const since = new Map<ChannelId, number>()
    const found: ChannelStatus[] = []
    for await (const channel of everyChannel(options)) {
      if (channel.parents.length > 0 || channel.record?.phase !== 'concluded') continue
      const began = concludedSince.get(channel.id) ?? now
      since.set(channel.id, began)
      if (now - began >= releaseAfterMs) found.push(channel)
    }
    concludedSince = since
    return found
  }

  /** Whether nothing is left of any of the funds with which somebody holds the channel. */
  async function isEmpty(id: ChannelId, options: AbortOptions): Promise<boolean> {
    const stored = await store.load(id, options)
    if (stored === undefined) return false
    for (const { newest } of [stored, ...stored.otherLines]) {
      const { state, sigs } = newest
      if ((await heldIn({ params: stored.params, state, sigs }, options)) !== 0n) return false
    }
    return true
  }

  async function release({ id, clients }: ChannelStatus, { signal }: AbortOptions): Promise<void> {
    const limit = AbortSignal.any([AbortSignal.timeout(stopLimitMs), ...(signal === undefined ? [] : [signal])])
    for (const client of clients) await engine.stopWatching(id, { client, reason: settled(id), signal: limit })
    logger.info('Channel let go: it is concluded, and nothing is left in it', { channel: id, clients: clients.length })
  }

  /** Channels of which every parent is among these. */
  async function rightBelow(ids: ReadonlySet<ChannelId>, options: AbortOptions): Promise<readonly ChannelStatus[]> {
    const below: ChannelStatus[] = []
    for await (const channel of everyChannel(options)) {
      const { id, parents } = channel
      if (parents.length > 0 && !ids.has(id) && parents.every((each) => ids.has(each))) below.push(channel)
    }
    return below
  }

  /** Settled channels and all that hang below them alone, the deepest first. */
  async function families(roots: readonly ChannelStatus[], options: AbortOptions): Promise<readonly ChannelStatus[]> {
    const ids = new Set(roots.map(({ id }) => id))
    const order = [...roots]
    for (let next = roots; next.length > 0; ) {
      next = await rightBelow(ids, options)
      for (const { id } of next) ids.add(id)
      order.unshift(...next)
    }
    return order
  }

  async function emptyOnes(options: AbortOptions): Promise<readonly ChannelStatus[]> {
    const empty: ChannelStatus[] = []
    for (const channel of await ripe(options)) {
      try {
        if (await isEmpty(channel.id, options)) empty.push(channel)
      } catch (error) {
        options.signal?.throwIfAborted()
        logger.warn('Not known whether a concluded channel is empty', { channel: channel.id }, error)
      }
    }
    return empty
  }

  async function look(options: AbortOptions = {}): Promise<void> {
    for (const channel of await families(await emptyOnes(options), options)) {
      try {
        await release(channel, options)
      } catch (error) {
        options.signal?.throwIfAborted()
        // Something hangs below it that is not settled, or the store does not take it: there is another look.
        logger.debug('Settled channel not let go yet', { channel: channel.id, error: String(error) })
      }
    }
  }

  return {
    look,
    async keepLooking(signal) {
      for (;;) {
        await clock.sleep(pauseMs, { signal })
        await look({ signal })
      }
    },
  }
}

const settled = (id: ChannelId): WatcherError =>
  new WatcherError('CHANNEL_SETTLED', 'The channel is concluded for good, and nothing is left in it.', {
    details: [`Channel ${id} is not guarded any longer.`],
  })
