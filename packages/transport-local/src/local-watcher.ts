import {
  type ChannelId,
  type EngineWatch,
  eventQueue,
  localClient,
  parseChannelId,
  parseClientName,
  parseLimit,
  type StatesPub,
  type Watch,
  type Watcher,
  type WatcherEngine,
  WatcherError,
} from '@perun-watcher/core'

export interface LocalWatcherOptions {
  /**
   * The client's name, 1 to 128 visible ASCII characters. Two applications that share one engine give different names;
   * an application keeps its name across restarts, or it cannot end what it started. Default `local`.
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
 * channel: each hears its events, and a stop by one leaves the others' watch.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function localWatcher(engine: WatcherEngine, options: LocalWatcherOptions = {}): Watcher {
  const eventLimit = parseLimit(options.eventLimit ?? defaultEventLimit, 'eventLimit')
  const watched = new Map<ChannelId, EngineWatch>()
  const client = options.client === undefined ? localClient : parseClientName(options.client)

  async function startWatching(...[channel, startOptions]: Parameters<Watcher['startWatching']>): Promise<Watch> {
    let watch: EngineWatch | undefined
    // Nobody can ask for an event before the handles are there.
    const events = eventQueue(eventLimit, { onHandled: (sequence) => watch?.acknowledge(sequence) })
    watch = await engine.startWatching(channel, events, { ...startOptions, client })
    const before = watched.get(watch.channelId)
    watched.set(watch.channelId, watch)
    // The same client came back: the handles it lost must not hold the channel.
    await before?.stop()
    return { statesPub: statesPubOf(watch), eventsSub: events }
  }

  async function stopWatching(...[id, stopOptions]: Parameters<Watcher['stopWatching']>): Promise<void> {
    const channelId = parseChannelId(id)
    const watch = watched.get(channelId)
    // Without handles it is a channel of an earlier run, or of nobody: the engine knows.
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

/** Closing it only ends this handle: the channel stays guarded. */
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
