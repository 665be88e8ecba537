import type { WatcherPlace } from '@perun-watcher/conformance/watcher'
import {
  type AdjudicatorEvent,
  type AdjudicatorEventsSub,
  type ChannelId,
  type ErrorCode,
  hasCode,
  isWatcherError,
  parseChannelId,
  type Watch,
  type Watcher,
  WatcherError,
} from '@perun-watcher/core'
import { eventQueue } from '@perun-watcher/core/adapter'
import { memoryPlace } from './memory-transport.ts'
import { localPlace, remotePlace } from './watcher-places.ts'

type Place = () => Promise<WatcherPlace>

const overMemory: Place = () => remotePlace(memoryPlace()())

/** Some functions of the place are others. */
const places =
  (change: (place: WatcherPlace) => Partial<WatcherPlace>, make: Place = localPlace): Place =>
  async () => {
    const place = await make()
    return { ...place, ...change(place) }
  }

/** Some functions of every watcher are others. */
const watchers = (change: (watcher: Watcher) => Partial<Watcher>, make: Place = localPlace): Place =>
  places((place) => {
    const broken = new Map<Watcher, Watcher>()
    return {
      watcher(client) {
        const watcher = place.watcher(client)
        const double = broken.get(watcher) ?? { ...watcher, ...change(watcher) }
        broken.set(watcher, double)
        return double
      },
    }
  }, make)

/** The handles of every watch are others. */
const watches = (change: (watch: Watch, watcher: Watcher, id: ChannelId) => Partial<Watch>): Place =>
  watchers((watcher) => ({
    async startWatching(channel, options) {
      const watch = await watcher.startWatching(channel, options)
      return { ...watch, ...change(watch, watcher, parseChannelId(channel.state.channelId)) }
    },
  }))

type Publish = Watch['statesPub']['publish']

const publishing = (change: (publish: Publish) => Publish): Place =>
  watches(({ statesPub }) => ({ statesPub: { ...statesPub, publish: change(statesPub.publish) } }))

type Next = AdjudicatorEventsSub['next']

/** The reader of every watch is another. */
const reading = (change: (next: Next) => Next): Place =>
  watches(({ eventsSub }) => ({ eventsSub: subOf(eventsSub, change(eventsSub.next)) }))

function subOf(inner: AdjudicatorEventsSub, next: Next): AdjudicatorEventsSub {
  return {
    next,
    get error() {
      return inner.error
    },
    close: () => inner.close(),
    async *[Symbol.asyncIterator]() {
      for (let event = await next(); event !== undefined; event = await next()) yield event
    },
  }
}

const telling = (change: (event: AdjudicatorEvent) => AdjudicatorEvent): Place =>
  reading((next) => async (options) => {
    const event = await next(options)
    return event && change(event)
  })

/** Takes an error for a success. */
async function unless(code: ErrorCode, call: Promise<void>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!hasCode(error, code)) throw error
  })
}

/** Fetches events before anybody asks, and so takes them for handled. */
const prefetching: Place = watches(({ eventsSub }) => {
  const fetched = eventQueue(100_000)
  const fetch = async (): Promise<void> => {
    let sequence = 0n
    for await (const event of eventsSub) fetched.push(event, ++sequence)
    fetched.end(eventsSub.error)
  }
  fetch().catch(() => {})
  return { eventsSub: subOf(fetched, (options) => fetched.next(options)) }
})

/** Tells its first registration right after the second one. */
const swapping: Place = reading((next) => {
  const registered: AdjudicatorEvent[] = []
  let late: AdjudicatorEvent | undefined
  const swapped: Next = async (options) => {
    if (late !== undefined) {
      const event = late
      late = undefined
      return event
    }
    const event = await next(options)
    if (event?.type !== 'registered' || registered.length === 2) return event
    registered.push(event)
    if (registered.length === 1) return await swapped(options)
    late = registered[0]
    return event
  }
  return swapped
})

/** Remembers what its watcher started, and stops all of it. */
function stopper(watcher: Watcher): { readonly start: Watcher['startWatching']; stopAll(): Promise<void> } {
  const started = new Set<ChannelId>()
  return {
    start(channel, options) {
      started.add(parseChannelId(channel.state.channelId))
      return watcher.startWatching(channel, options)
    },
    async stopAll() {
      for (const id of started) await watcher.stopWatching(id).catch(() => {})
      started.clear()
    },
  }
}

/** Its channels end with it. */
const takingAllAlong = (watcher: Watcher): Partial<Watcher> => {
  const { start, stopAll } = stopper(watcher)
  return {
    startWatching: start,
    async shutdown(options) {
      await stopAll()
      await watcher.shutdown(options)
    },
  }
}

/** Takes states of channels below another, but tells nothing about them. */
const silentBelow: Place = watchers((watcher) => ({
  async startWatching(channel, options) {
    const watch = await watcher.startWatching(channel, options)
    return options?.parent === undefined
      ? watch
      : { ...watch, eventsSub: subOf(watch.eventsSub, async () => undefined) }
  },
}))

/** For every case of the kit a watcher that breaks it, or several that break different parts of it. */
export const watcherDoubles: Readonly<Record<string, Place | readonly Place[]>> = {
  'refuses to watch what is no state of the channel, each with its code': watchers((watcher) => ({
    startWatching: (channel, options) =>
      watcher.startWatching(channel, options).catch((error: unknown) => {
        throw new Error('refused', { cause: error })
      }),
  })),
  'refuses to publish what is no newer state of the channel, each with its code, and defends what it had': publishing(
    (publish) => (transaction, options) => unless('VERSION_STALE', publish(transaction, options)),
  ),
  'asks for the parent of a channel that is locked, and keeps it watched': watchers((watcher) => ({
    stopWatching: (id, options) => unless('SUB_CHANNELS_WATCHED', watcher.stopWatching(id, options)),
  })),
  'refuses to stop what is not watched, or is no channel': watchers((watcher) => ({
    stopWatching: (id, options) => unless('CHANNEL_UNKNOWN', watcher.stopWatching(id, options)),
  })),
  'says with every error whether to try again, what happened and with which value': publishing(
    (publish) => (transaction, options) =>
      publish(transaction, options).catch((error: unknown) => {
        throw isWatcherError(error) ? new WatcherError(error.code, error.shortMessage) : error
      }),
  ),
  'has stored a state when its publish resolves, and the first one when the start does': publishing(
    (publish) => async (transaction, options) => {
      publish(transaction, options).catch(() => {})
    },
  ),
  'takes states that are published side by side, the newest of which is stored': publishing((publish) => {
    let isBusy = false
    return async (transaction, options) => {
      if (isBusy) throw new WatcherError('OVERLOADED', 'One state at a time.')
      isBusy = true
      await publish(transaction, options).finally(() => {
        isBusy = false
      })
    }
  }),
  'refutes an old state, also with a newer one that is published while the dispute is open': publishing(
    () => async () => {},
  ),
  'registers the states of channels below along with that of their parent': [
    publishing(() => async () => {}),
    silentBelow,
  ],
  'goes on guarding when handles are closed, until the channel is stopped': watches(({ eventsSub }, watcher, id) => ({
    eventsSub: { ...subOf(eventsSub, eventsSub.next), close: () => watcher.stopWatching(id) },
  })),
  'ends the handles of a channel that is stopped': watches(({ eventsSub }) => ({
    eventsSub: { ...subOf(eventsSub, eventsSub.next), error: new Error('The channel was stopped.') },
  })),
  'ends the handles of a start by those of the next one': publishing(
    (publish) => (transaction, options) => unless('WATCH_ENDED', publish(transaction, options)),
  ),
  'tells the whole course of a dispute in order, with every fact as it is': telling((event) =>
    event.type === 'registered' ? { ...event, timeout: event.timeout & 0xffffn } : event,
  ),
  'tells what a reorg took back, and what was learned from the chain': telling((event) =>
    event.type === 'learned' ? { ...event, transaction: { ...event.transaction, sigs: [] } } : event,
  ),
  'tells when a state is in danger': telling((event) =>
    event.type === 'endangered' ? { ...event, detail: 'A state is missing.' } : event,
  ),
  'asks for a state that stands on the chain and that nobody gave it, and takes it': telling((event) =>
    event.type === 'stateNeeded' ? { ...event, deadline: undefined } : event,
  ),
  'gives up older facts for newer ones where the reader is slow': [prefetching, swapping],
  'loses no event when the wait for it is given up': reading((next) => ({ signal } = {}) => {
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      next().then(resolve, reject)
    })
  }),
  'guards a channel while its client is away, and tells it then what it missed': places((place) => {
    const known = new Map<number, ReturnType<typeof stopper>>()
    return {
      watcher(client) {
        const watcher = place.watcher(client)
        const { start, stopAll } = known.get(client) ?? stopper(watcher)
        known.set(client, { start, stopAll })
        return { ...watcher, startWatching: start }
      },
      async crash(client) {
        await known.get(client)?.stopAll()
      },
    }
  }),
  'tells again what a client had not handled when it crashed, and nothing else': prefetching,
  'tells again what was not handled when the engine died, and nothing else': prefetching,
  'stops a channel of an earlier run by its id alone': watchers((watcher) => {
    const { start, stopAll } = stopper(watcher)
    return { startWatching: start, stopWatching: stopAll }
  }),
  // The watcher does not outlive its connection.
  'goes on with the same handles after the connection was lost': places(({ crash }) => ({ cut: crash }), overMemory),
  'serves two clients of one channel: states from either, events to both, and each stops for itself': places(
    (place) => ({ watcher: () => place.watcher(0) }),
  ),
  'lets nobody stop the channel of another': places((place) => ({
    watcher: (client) => ({ ...place.watcher(client), stopWatching: (id) => place.watcher(0).stopWatching(id) }),
  })),
  'tells nobody what happens to the channel of another': places((place) => {
    let first: AdjudicatorEventsSub | undefined
    return {
      watcher(client) {
        const watcher = place.watcher(client)
        return {
          ...watcher,
          async startWatching(channel, options) {
            const watch = await watcher.startWatching(channel, options)
            first ??= watch.eventsSub
            return { ...watch, eventsSub: first }
          },
        }
      },
    }
  }),
  'rejects a call whose signal is aborted with the reason of the signal, and stays usable': publishing(
    (publish) => (transaction) => publish(transaction),
  ),
  'ends all handles without an error when it is shut down, and refuses every later call': watchers(takingAllAlong),
  'finishes the disputes in flight before it is shut down, as long as the signal allows': watchers((watcher) => ({
    shutdown: () => watcher.shutdown({ signal: AbortSignal.abort() }).catch(() => {}),
  })),
  'is guarded further after a shutdown of the client alone': watchers(takingAllAlong, overMemory),
}
