import {
  type ChannelId,
  parseChannelId,
  parseClientName,
  type StatesPub,
  type Watch,
  type Watcher,
  type WatcherEngine,
  WatcherError,
} from '@perun-watcher/core'
import { type EngineWatch, eventQueue, localClient } from '@perun-watcher/core/adapter'
import { parseLimit } from '@perun-watcher/core/internal'

export interface LocalWatcherOptions {
  /**
   * The client's name, 1 to 128 visible ASCII characters. Applications that share an engine need different names; an
   * application must keep its name across restarts, or it cannot stop what it started. Default `local`.
   */
  readonly client?: string | undefined
  /**
   * Most events of one channel that wait for a slow reader; then older facts give way to newer ones. Default 64.
   */
  readonly eventLimit?: number | undefined
}

const defaultEventLimit = 64

/**
 * One client's view of an engine in the same process. Several clients may share one engine and even watch the same
 * channel: each gets its events, and a stop by one does not affect the others.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function localWatcher(engine: WatcherEngine, options: LocalWatcherOptions = {}): Watcher {
  const eventLimit = parseLimit(options.eventLimit ?? defaultEventLimit, 'eventLimit')
  const watched = new Map<ChannelId, EngineWatch>()
  const client = options.client === undefined ? localClient : parseClientName(options.client)

  async function startWatching(...[channel, startOptions]: Parameters<Watcher['startWatching']>): Promise<Watch> {
    let watch: EngineWatch | undefined
    // Nobody can read an event before the handles are returned, so `watch` is set by then.
    const events = eventQueue(eventLimit, {
      onHandled: (sequence) => watch?.acknowledge(sequence),
      describe: (event) => engine.describe(event),
    })
    watch = await engine.startWatching(channel, events, { ...startOptions, client })
    const before = watched.get(watch.channelId)
    watched.set(watch.channelId, watch)
    // The same client came back: its lost handles must not keep the channel watched.
    await before?.stop()
    return { statesPub: statesPubOf(watch), eventsSub: events }
  }

  async function stopWatching(...[id, stopOptions]: Parameters<Watcher['stopWatching']>): Promise<void> {
    const channelId = parseChannelId(id)
    const watch = watched.get(channelId)
    // Without handles here the channel was started in an earlier run, or never: the engine knows.
    if (watch === undefined) return engine.stopWatching(channelId, { ...stopOptions, client })
    await watch.stop(stopOptions)
    if (watched.get(channelId) === watch) watched.delete(channelId)
  }

  return {
    startWatching,
    stopWatching,
    shutdown: (shutdownOptions) => engine.shutdown(shutdownOptions),
    [Symbol.asyncDispose]: () => engine.shutdown(),
  }
}

/** Closing it ends only this handle; the channel stays guarded. */
function statesPubOf(watch: EngineWatch): StatesPub {
  let isClosed = false
  return {
    async publish(transaction, options) {
      if (isClosed) {
        throw new WatcherError('WATCH_ENDED', 'The states publisher was closed.', {
          details: [`Channel ${watch.channelId}.`],
        })
      }
      await watch.publish(transaction, options)
    },
    async close() {
      isClosed = true
    },
  }
}
