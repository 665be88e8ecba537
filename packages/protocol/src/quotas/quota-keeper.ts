import {
  type AbortOptions,
  type ChannelId,
  type ChannelStatus,
  type ClientName,
  type ClientUsage,
  type Clock,
  type EngineWatch,
  type EngineWatchOptions,
  type EventSink,
  type Hex,
  isWatcherError,
  localClient,
  parseChannelId,
  parseSignedState,
  parseTransaction,
  type SignedState,
  stateBytes,
  type Transaction,
  type WatcherEngine,
} from '@perun-watcher/core'
import type { ServedEngine } from '../server/settings/serve-options.ts'
import { checkQuotas, checkTotal } from './check-quotas.ts'
import { type ConnectionCounter, connectionCounter } from './connection-counter.ts'
import { fairSemaphore } from './fair-semaphore.ts'
import { parseQuotas, type QuotaOptions } from './quotas.ts'
import { requestRates } from './request-rates.ts'
import { reservations } from './reservations.ts'

export interface QuotaKeeperOptions {
  readonly engine: ServedEngine & Pick<WatcherEngine, 'usage' | 'stats'>
  readonly quotas?: QuotaOptions | undefined
  readonly clock: Pick<Clock, 'now'>
}

/** The codes with which requests are refused for quotas. */
export type QuotaCode = 'QUOTA_EXCEEDED' | 'RATE_LIMITED' | 'OVERLOADED'

/** Numbers for metrics. */
export interface QuotaStats {
  readonly connections: number
  /** Clients and disputed channels whose rate is used up in part: what is kept in memory for rates. */
  readonly rates: number
  /** States that are being checked and stored. */
  readonly running: number
  /** States that wait for their turn. */
  readonly waiting: number
  /** Since the beginning. */
  readonly refusals: Readonly<Record<QuotaCode, number>>
}

/**
 * An engine that keeps clients within their quotas, so that none of them can take what the others need. It decides by the
 * name under which a request comes, and keeps nothing that has to survive a restart.
 *
 * What is guarded stays guarded: quotas refuse what is new, take nothing away when they are lowered, and let pass what an
 * open dispute needs. Refused are, with a WatcherError:
 * - `QUOTA_EXCEEDED`: a channel or a larger state beyond what the client, or all clients together, may have.
 * - `RATE_LIMITED`: more states than the client may hand over, with `retryAfterMs`.
 * - `OVERLOADED`: too many requests of the client wait already, or it has too many connections.
 */
export interface QuotaKeeper extends ServedEngine {
  /**
   * Counts a connection of a client, before anything of it is read.
   *
   * @throws WatcherError `OVERLOADED` if the client has as many connections as it may
   */
  admitConnection: ConnectionCounter['admit']
  readonly stats: QuotaStats
}

/** States of publishes: enough at a time for the store to write many at once. */
const publishLimits = { atOnce: 512, atOncePerClient: 256, waitingPerClient: 1_024 }
/** Beginnings wait for the chain, too, so they have places of their own. */
const startLimits = { atOnce: 128, atOncePerClient: 16, waitingPerClient: 1_024 }

/** @throws WatcherError `OPTION_INVALID` */
export function quotaKeeper({ engine, quotas: options = {}, clock }: QuotaKeeperOptions): QuotaKeeper {
  const quotas = parseQuotas(options)
  const rates = requestRates(clock)
  const [publishing, starting] = [fairSemaphore(publishLimits), fairSemaphore(startLimits)]
  const reserved = reservations()
  const connections = connectionCounter(quotas)
  const refusals: Record<QuotaCode, number> = { QUOTA_EXCEEDED: 0, RATE_LIMITED: 0, OVERLOADED: 0 }
  /** Clients without a channel that are about to have one. */
  let newcomers = 0

  function usedBy(client: ClientName): ClientUsage {
    const [has, comes] = [engine.usage(client), reserved.of(client)]
    return { channels: has.channels + comes.channels, bytes: has.bytes + comes.bytes }
  }

  /** Counts a refusal. @returns the error that says so, to be thrown on. */
  function counted(error: unknown): unknown {
    if (isWatcherError(error) && isQuotaCode(error.code)) refusals[error.code] += 1
    return error
  }

  /** A sub-channel that is missing in an open dispute of the client's own channel. */
  function disputedParent(client: ClientName, parent: Hex | undefined): ChannelId | undefined {
    const above = parent === undefined ? undefined : engine.channel(parseChannelId(parent, 'parent'))
    return above?.isDisputed && above.clients.includes(client) ? above.id : undefined
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
    const urgent = disputedParent(client, parent)
    const isUrgent = urgent !== undefined
    rates.state(client, own, urgent)
    const used = usedBy(client)
    const growth = { channels: 1, bytes: Math.max(stateBytes(channel), held?.bytes ?? 0) }
    checkQuotas({ client, used, growth, isUrgent }, own)
    const isNewClient = used.channels === 0
    if (!isUrgent && !quotas.isKnown(client)) {
      const { channels, clients } = engine.stats
      // A channel that is guarded already does not add to them.
      const total = { channels: held === undefined ? channels + reserved.channels : 0, clients: clients + newcomers }
      checkTotal(total, quotas.total, isNewClient)
    }
    newcomers += isNewClient ? 1 : 0
    try {
      return await reserved.during(client, growth, () => starting.run(client, task, { signal }))
    } finally {
      newcomers -= isNewClient ? 1 : 0
    }
  }

  /** @param read - the state, once the client has paid for having it looked at. */
  async function publish(
    client: ClientName,
    watch: EngineWatch,
    read: () => Transaction,
    publishOptions: AbortOptions | undefined,
  ): Promise<void> {
    try {
      const own = quotas.of(client)
      const held = engine.channel(watch.channelId)
      const isUrgent = held?.isDisputed ?? false
      rates.state(client, own, isUrgent ? watch.channelId : undefined)
      const transaction = read()
      const run = (): Promise<void> =>
        publishing.run(client, () => watch.publishParsed(transaction, publishOptions), publishOptions)
      const bytes = stateBytes(transaction) - (held?.bytes ?? 0)
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
    channel: (id) => engine.channel(id),
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
