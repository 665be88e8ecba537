import type {
  AbortOptions,
  ChannelId,
  ChannelStatus,
  Clock,
  Logger,
  SignedState,
  WatcherEngine,
} from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { mapConcurrently } from '@perun-watcher/core/internal'

export interface SettledChannelsDeps {
  readonly engine: Pick<WatcherEngine, 'channels' | 'head'>
  readonly store: Pick<Store, 'load'>
  /** What the asset holders hold for a ledger channel, by all who can be asked; `undefined`: that cannot be told. */
  readonly heldIn: (channel: SignedState, options: AbortOptions) => Promise<bigint | undefined>
  /** Milliseconds for which a channel must have been concluded, as far as this process saw it. */
  readonly releaseAfterMs: number
  /** Blocks after which no reorg takes a conclusion out, however short the time is that was asked for. */
  readonly finalityDepth: bigint
  readonly clock: Clock
  readonly logger: Logger
}

/** Finds the ledger channels that are concluded for good, and empty. */
export interface SettledChannels {
  /** Rejects only with the reason of the signal. */
  find(options: AbortOptions): Promise<readonly ChannelStatus[]>
  /** Whether it is concluded still, and no reorg changes that. */
  isOver(channel: ChannelStatus): boolean
}

/** Until it is asked again what is left in a channel; doubled each time, since some never withdraw. */
const pauses = { firstMs: 600_000, longestMs: 86_400_000 }

/** A status takes a microsecond. */
const channelsPerTurn = 500

/** What is asked for at the same time is read in one call, where it can be. */
const readingsAtOnce = 64

interface Concluded {
  /** Since when it is, without a break. A reorg, or an endpoint that lied, begins it anew. */
  readonly sinceMs: number
  readonly askedAgainMs: number
  readonly pauseMs: number
}

export function settledChannels(deps: SettledChannelsDeps): SettledChannels {
  const { engine, store, heldIn, releaseAfterMs, finalityDepth, clock, logger } = deps
  let concluded = new Map<ChannelId, Concluded>()

  function isOver({ isLedger, record }: ChannelStatus): boolean {
    if (!isLedger || record?.phase !== 'concluded') return false
    return engine.head !== undefined && record.blockNumber + finalityDepth <= engine.head.number
  }

  /** Ledger channels that were concluded long enough ago, and of which it is time to ask. */
  async function ripe({ signal }: AbortOptions): Promise<readonly ChannelStatus[]> {
    const now = clock.now()
    const before = concluded
    concluded = new Map()
    const found: ChannelStatus[] = []
    let seen = 0
    for (const channel of engine.channels()) {
      seen += 1
      // There may be a million, and disputes must not wait for this.
      if (seen % channelsPerTurn === 0) await clock.sleep(0, { signal })
      if (!isOver(channel)) continue
      const known = before.get(channel.id) ?? { sinceMs: now, askedAgainMs: now, pauseMs: pauses.firstMs }
      concluded.set(channel.id, known)
      if (now - known.sinceMs >= releaseAfterMs && now >= known.askedAgainMs) found.push(channel)
    }
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

  async function isKnownToBeEmpty(id: ChannelId, options: AbortOptions): Promise<boolean> {
    try {
      return await isEmpty(id, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      logger.warn('Not known whether a concluded channel is empty', { channel: id }, error)
      return false
    }
  }

  function putOff(id: ChannelId): void {
    const known = concluded.get(id)
    if (known === undefined) return
    const { sinceMs, pauseMs } = known
    concluded.set(id, {
      sinceMs,
      askedAgainMs: clock.now() + pauseMs,
      pauseMs: Math.min(pauses.longestMs, 2 * pauseMs),
    })
  }

  return {
    isOver,
    async find(options) {
      const candidates = await ripe(options)
      const areEmpty = await mapConcurrently(candidates, readingsAtOnce, ({ id }) => isKnownToBeEmpty(id, options))
      for (const [index, { id }] of candidates.entries()) if (areEmpty[index] !== true) putOff(id)
      return candidates.filter((_, index) => areEmpty[index] === true)
    },
  }
}
