import {
  type AbortOptions,
  type ChannelId,
  type ChannelStatus,
  type ClientName,
  type Clock,
  type Hex,
  isWatcherError,
  parseChannelId,
  parseSignedState,
  parseTransaction,
  type SignedState,
  type Transaction,
  type WatcherEngine,
} from '@perun-watcher/core'
import {
  type EngineWatch,
  type EngineWatchOptions,
  type EventSink,
  localClient,
  stateBytes,
} from '@perun-watcher/core/adapter'
import type { ServedEngine } from '../server/settings/serve-options.ts'
import { checkQuotas, checkTotal } from './check-quotas.ts'
import { type ConnectionCounter, connectionCounter } from './connection-counter.ts'
import { fairSemaphore } from './fair-semaphore.ts'
import { parseQuotas, type QuotaOptions } from './quotas.ts'
import { requestRates } from './request-rates.ts'
import { type QuotaUsage, reservations } from './reservations.ts'

export interface QuotaKeeperOptions {
  readonly engine: ServedEngine & Pick<WatcherEngine, 'usage' | 'stats'>
  readonly quotas?: QuotaOptions | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** The codes of refusals that quotas cause. */
export type QuotaCode = 'QUOTA_EXCEEDED' | 'RATE_LIMITED' | 'OVERLOADED'

/** Numbers for metrics. */
export interface QuotaStats {
  readonly connections: number
  /** Token buckets in memory: one for each client, and each disputed channel, that has used up part of its rate. */
  readonly rates: number
  /** States that are being checked and stored. */
  readonly running: number
  /** States that wait to be checked. */
  readonly waiting: number
  /** Since the start. */
  readonly refusals: Readonly<Record<QuotaCode, number>>
}

/**
 * An engine in front of the engine that keeps clients within their quotas, so that none can take what the others need. It
 * goes by the name under which a request arrives, and keeps nothing that must survive a restart.
 *
 * What is guarded stays guarded: quotas refuse only what is new, take nothing away when they are lowered, and let pass what
 * an open dispute needs. Refusals are WatcherErrors:
 * - `QUOTA_EXCEEDED`: a channel or a larger state beyond what the client, or all clients together, may have.
 * - `RATE_LIMITED`: more states than the client may submit, with `retryAfterMs`.
 * - `OVERLOADED`: too many requests of the client are waiting, or it has too many connections.
 */
export interface QuotaKeeper extends ServedEngine {
  /**
   * Counts a connection of a client; to be called before anything is read from it.
   *
   * @throws WatcherError `OVERLOADED` if the client has reached its quota
   */
  admitConnection: ConnectionCounter['admit']
  readonly stats: QuotaStats
}

/** For publishes: enough in parallel for the store to group many into one write. */
const publishLimits = { atOnce: 512, atOncePerClient: 256, waitingPerClient: 1_024 }
/** For starts of watches, which wait for the chain as well and must not hold up publishes. */
const startLimits = { atOnce: 128, atOncePerClient: 16, waitingPerClient: 1_024 }

/** @throws WatcherError `OPTION_INVALID` */
export function quotaKeeper({ engine, quotas: options = {}, clock }: QuotaKeeperOptions): QuotaKeeper {
  const quotas = parseQuotas(options)
  const rates = requestRates(clock)
  const [publishing, starting] = [fairSemaphore(publishLimits), fairSemaphore(startLimits)]
  const reserved = reservations()
  const connections = connectionCounter(quotas)
  const refusals: Record<QuotaCode, number> = { QUOTA_EXCEEDED: 0, RATE_LIMITED: 0, OVERLOADED: 0 }
  /** Clients that are about to get their first channel. */
  let newcomers = 0

  function usedBy(client: ClientName): QuotaUsage {
    const [has, comes] = [engine.usage(client), reserved.of(client)]
    return { channels: has.channels + comes.channels, bytes: has.bytes + comes.bytes }
  }

  /** Counts an error if it is a refusal. @returns the same error, to be rethrown. */
  function counted(error: unknown): unknown {
    if (isWatcherError(error) && isQuotaCode(error.code)) refusals[error.code] += 1
    return error
  }

  /** The channel, if it has an open dispute and is one of the client. Found out once, and only where it is asked for. */
  function ifDisputed(client: ClientName, id: Hex | undefined): () => ChannelId | undefined {
    let found: { readonly disputed: ChannelId | undefined } | undefined
    function look(): ChannelId | undefined {
      const channel = id === undefined ? undefined : engine.channel(id)
      return channel?.clients.includes(client) && rates.mayLook(client) && channel.isDisputed ? channel.id : undefined
    }
    return () => {
      found ??= { disputed: look() }
      return found.disputed
    }
  }

  async function begin(
    channel: SignedState,
    sink: EventSink,
    client: ClientName,
    startOptions: EngineWatchOptions,
  ): Promise<EngineWatch> {
    const held = engine.channel(channel.state.channelId)
    const task = (): Promise<EngineWatch> => engine.startWatching(channel, sink, { ...startOptions, client })
    if (!held?.clients.includes(client)) return await beginAnew(channel, client, startOptions, { held, task })
    rates.restart(client, quotas.of(client), engine.usage(client).channels)
    return await starting.run(client, task, startOptions)
  }

  async function beginAnew(
    channel: SignedState,
    client: ClientName,
    { parent, signal }: EngineWatchOptions,
    { held, task }: { readonly held: ChannelStatus | undefined; readonly task: () => Promise<EngineWatch> },
  ): Promise<EngineWatch> {
    const own = quotas.of(client)
    const urgent = ifDisputed(client, parent === undefined ? undefined : parseChannelId(parent, 'parent'))
    const isUrgent = (): boolean => urgent() !== undefined
    rates.state(client, own, urgent)
    const used = usedBy(client)
    // Archived, it may be charged to the client already: coming back to it costs nothing more.
    const paid = engine.usage(client, channel.state.channelId)
    // What others hold of it, perhaps with other funds, refuses nobody; from then on the client is charged for what it shares.
    const growth = { channels: 1 - paid.channels, bytes: Math.max(0, stateBytes(channel) - paid.bytes) }
    checkQuotas({ client, used, growth, isUrgent }, own)
    const isNewClient = used.channels === 0
    if (!quotas.isKnown(client)) {
      const { channels, clients } = engine.stats
      // A channel that is guarded already adds nothing to the total.
      const total = { channels: held === undefined ? channels + reserved.channels : 0, clients: clients + newcomers }
      checkTotal({ ...total, isUrgent }, quotas.total, isNewClient)
    }
    newcomers += isNewClient ? 1 : 0
    try {
      return await reserved.during(client, growth, () => starting.run(client, task, { signal }))
    } finally {
      newcomers -= isNewClient ? 1 : 0
    }
  }

  /** @param read parses the state; called only once the client's rate was charged for it. */
  async function publish(
    client: ClientName,
    watch: EngineWatch,
    read: () => Transaction,
    publishOptions: AbortOptions | undefined,
  ): Promise<void> {
    try {
      const own = quotas.of(client)
      const urgent = ifDisputed(client, watch.channelId)
      const isUrgent = (): boolean => urgent() !== undefined
      rates.state(client, own, urgent)
      const transaction = read()
      const run = (): Promise<void> =>
        publishing.run(client, () => watch.publishParsed(transaction, publishOptions), publishOptions)
      const bytes = stateBytes(transaction) - engine.usage(client, watch.channelId).bytes
      if (bytes <= 0) return await run()
      const growth = { channels: 0, bytes }
      checkQuotas({ client, used: usedBy(client), growth, isUrgent }, own)
      await reserved.during(client, growth, run)
    } catch (error) {
      throw counted(error)
    }
  }

  return {
    async startWatching(input, sink, startOptions = {}) {
      startOptions.signal?.throwIfAborted()
      const { client = localClient } = startOptions
      const channel = parseSignedState(input)
      const watch = await begin(channel, sink, client, startOptions).catch((error: unknown) => {
        throw counted(error)
      })
      return {
        ...watch,
        publish: (transaction, given) => publish(client, watch, () => parseTransaction(transaction), given),
        publishParsed: (transaction, given) => publish(client, watch, () => transaction, given),
      }
    },
    stopWatching: (...args) => engine.stopWatching(...args),
    channel: (id, client) => engine.channel(id, client),
    describe: (event) => engine.describe(event),
    channelsOf(client) {
      try {
        rates.list(client, engine.usage(client).channels)
      } catch (error) {
        throw counted(error)
      }
      return engine.channelsOf(client)
    },
    admitConnection(client) {
      try {
        return connections.admit(client)
      } catch (error) {
        throw counted(error)
      }
    },
    get stats() {
      return {
        connections: connections.connections,
        rates: rates.size,
        running: publishing.running + starting.running,
        waiting: publishing.waiting + starting.waiting,
        refusals: { ...refusals },
      }
    },
  }
}

const isQuotaCode = (code: string): code is QuotaCode =>
  code === 'QUOTA_EXCEEDED' || code === 'RATE_LIMITED' || code === 'OVERLOADED'
