import { type ClientName, type Hex, WatcherError } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { Lifetime } from '@perun-watcher/core/internal'
import type { ClientMessage, ReplyResult } from '../../wire/messages.ts'
import { violation } from '../../wire/violation.ts'
import type { Counters } from '../observe/counters.ts'
import { type EventFeed, eventFeed } from '../outgoing/event-feed.ts'
import type { SendQueue } from '../outgoing/send-queue.ts'
import { errorForClient, shuttingDown } from '../requests/error-for-client.ts'
import type { InFlightRequests } from '../requests/in-flight-requests.ts'
import type { RequestHandlers } from '../requests/request-handlers.ts'
import type { ServeLimits } from '../settings/serve-limits.ts'
import type { ServedEngine } from '../settings/serve-options.ts'
import { watchReplacement } from './watch-replacement.ts'

export interface OpenWatchesDeps {
  readonly client: ClientName
  readonly engine: ServedEngine
  readonly ledgerId: string
  readonly limits: ServeLimits
  readonly handlers: RequestHandlers
  readonly inFlight: InFlightRequests
  readonly counters: Counters
  readonly queue: SendQueue
  /** The lifetime of the connection. */
  readonly life: Pick<Lifetime, 'isOver'>
}

type Of<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>

/**
 * The watches of one connection, by the numbers that the client gave them. There is one per channel: starting a channel
 * again replaces its watch, so that nothing piles up however often a client does it.
 */
export interface OpenWatches {
  readonly size: number
  /** @throws WatcherError `PROTOCOL_VIOLATION` if a number is in use. */
  start(message: Of<'startWatching'>): void
  publish(message: Of<'publish'>): void
  /** Resolves when no start of the channel is under way that was asked for before: a stop in front of it would stop nothing. */
  begun(channelId: Hex): Promise<void>
  acknowledge(message: Of<'acknowledge'>): void
  /** The channels stay guarded; their events wait for the next watch. */
  detachAll(): void
}

interface OpenWatch {
  readonly feed: EventFeed
  /** Resolves once the engine has answered; with `undefined` if it refused. */
  begun: Promise<EngineWatch | undefined>
  watch: EngineWatch | undefined
  /** How many publishes arrived before it started and wait for that. */
  waiting: number
}

export function openWatches(deps: OpenWatchesDeps): OpenWatches {
  const { client, engine, ledgerId, limits, handlers, inFlight, counters, queue, life } = deps
  const watches = new Map<number, OpenWatch>()
  const replacements = watchReplacement(limits.maxRequests)
  /** Starts that are under way, by channel: the newest of each. */
  const starting = new Map<Hex, Promise<unknown>>()

  /** The error of the WatchEnded that the client gets. */
  function onEnd(number: number, error: Error | undefined): WatcherError | undefined {
    const channelId = watches.get(number)?.watch?.channelId
    watches.delete(number)
    if (channelId !== undefined) replacements.end(number, channelId)
    if (error !== undefined) return errorForClient(error)
    // The engine reports no error when it shuts down, either; but only after a stop the client is no longer enrolled.
    const isEnrolled = channelId !== undefined && engine.channel(channelId)?.clients.includes(client) === true
    return isEnrolled ? shuttingDown() : undefined
  }

  function newWatch(number: number): OpenWatch {
    const feed = eventFeed({
      watch: number,
      ledgerId,
      window: limits.eventWindow,
      limit: limits.eventLimit,
      describe: (event) => engine.describe(event),
      onReady: () => queue.ready(feed),
      onSuperseded: () => {
        counters.eventsSuperseded += 1
      },
      onEnd: (error) => onEnd(number, error),
    })
    return { feed, begun: Promise.resolve(undefined), watch: undefined, waiting: 0 }
  }

  /** Not before the engine has everything that arrived: a device may send all it has and go offline at once. */
  function detachIfOver({ watch, waiting }: OpenWatch): void {
    if (life.isOver && waiting === 0) watch?.detach()
  }

  /**
   * A parent may be sent right before its children, and a watcher that lost its data knows none of it: whatever is asked for
   * together is begun in that order. Only for a parent that was asked for before, so that no two wait for each other.
   */
  async function parentBegun({ parent }: Of<'startWatching'>): Promise<void> {
    if (parent !== undefined) await starting.get(parent)
  }

  async function begin(open: OpenWatch, message: Of<'startWatching'>): Promise<ReplyResult> {
    try {
      await parentBegun(message)
      const isOneMore = !replacements.isWatched(message.newest.state.channelId)
      if (isOneMore && watches.size > limits.maxWatchesPerConnection) {
        throw tooManyWatches(limits.maxWatchesPerConnection)
      }
      const { watch, result } = await handlers.start(client, message, open.feed)
      open.watch = watch
      detachIfOver(open)
      return result
    } catch (error) {
      watches.delete(message.watch)
      throw error
    }
  }

  function start(message: Of<'startWatching'>): void {
    const { watch: number } = message
    if (watches.has(number)) throw violation(`Watch ${number} is open; its number was used again`)
    const open = newWatch(number)
    const answered = inFlight.handle(message, () => {
      watches.set(number, open)
      const { channelId } = message.newest.state
      const beginning = begin(open, message)
      const begun = beginning.then(
        () => open.watch,
        () => undefined,
      )
      open.begun = begun
      starting.set(channelId, begun)
      void begun.then(() => starting.get(channelId) === begun && starting.delete(channelId))
      return beginning
    })
    // The answer goes out before the first event, and before the watch that it replaces falls silent.
    void answered?.then(() => {
      if (open.watch === undefined) return
      replace(replacements.replace(number, open.watch.channelId))
      open.feed.open()
    })
  }

  /** Without a WatchEnded: the answer to the new start tells the client to ignore the old watch. */
  function replace(number: number | undefined): void {
    const open = number === undefined ? undefined : watches.get(number)
    if (number === undefined || open === undefined) return
    watches.delete(number)
    open.feed.silence()
    open.watch?.detach()
  }

  /** The client may still publish to a watch that was replaced, until it has the answer. */
  function openOrReplacement(number: number): OpenWatch | undefined {
    const open = watches.get(number)
    if (open !== undefined) return open
    const replacement = replacements.replacementOf(number)
    return replacement === undefined ? undefined : watches.get(replacement)
  }

  async function publishOnceBegun(open: OpenWatch, message: Of<'publish'>): Promise<ReplyResult> {
    open.waiting += 1
    const watch = await open.begun
    open.waiting -= 1
    if (watch === undefined) throw notOpen(message.watch)
    const published = handlers.publish(client, message, watch)
    detachIfOver(open)
    return await published
  }

  function publish(message: Of<'publish'>): void {
    const open = openOrReplacement(message.watch)
    void inFlight.handle(message, () => {
      if (open === undefined) return Promise.reject(notOpen(message.watch))
      return open.watch === undefined ? publishOnceBegun(open, message) : handlers.publish(client, message, open.watch)
    })
  }

  return {
    get size() {
      return watches.size
    },
    start,
    publish,
    async begun(channelId) {
      await starting.get(channelId)
    },
    acknowledge({ watch: number, sequence }) {
      const open = watches.get(number)
      if (open?.feed.acknowledge(sequence)) open.watch?.acknowledge(sequence)
      else counters.acknowledgementsIgnored += 1
    },
    detachAll() {
      const all = [...watches.values()]
      watches.clear()
      for (const each of all) detachIfOver(each)
    },
  }
}

const tooManyWatches = (limit: number): WatcherError =>
  new WatcherError('QUOTA_EXCEEDED', 'Too many channels are watched in one connection.', {
    details: [`At most ${limit} are.`],
  })

const notOpen = (watch: number): WatcherError =>
  new WatcherError('WATCH_ENDED', 'The watch is not open in this connection.', { details: [`Watch ${watch}.`] })
