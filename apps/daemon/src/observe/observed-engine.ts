import type { Clock, WatcherEngine } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import { errorCodeOf } from './metrics/declarations.ts'
import type { Metrics } from './metrics/metrics-registry.ts'

/** The part of the engine that clients use. */
type Asked = Pick<WatcherEngine, 'startWatching' | 'stopWatching' | 'channel' | 'channelsOf' | 'describe'>

/** Wraps the engine to count and time the requests of clients. */
export function observedEngine(engine: Asked, clock: Clock, metrics: Metrics): Asked {
  async function counted<T>(request: 'start' | 'stop', work: () => Promise<T>): Promise<T> {
    let code = 'ok'
    try {
      return await work()
    } catch (error) {
      code = errorCodeOf(error)
      throw error
    } finally {
      metrics.count('perun_watcher_watch_requests_total', { request, code })
    }
  }

  async function timed(publish: () => Promise<void>): Promise<void> {
    const startedAt = clock.now()
    let code = 'ok'
    try {
      await publish()
      metrics.observe('perun_watcher_publish_seconds', (clock.now() - startedAt) / 1000)
    } catch (error) {
      code = errorCodeOf(error)
      throw error
    } finally {
      metrics.count('perun_watcher_publishes_total', { code })
    }
  }

  function observedWatch(watch: EngineWatch): EngineWatch {
    return {
      channelId: watch.channelId,
      publish: (...args) => timed(() => watch.publish(...args)),
      publishParsed: (...args) => timed(() => watch.publishParsed(...args)),
      acknowledge: (sequence) => watch.acknowledge(sequence),
      stop: (options) => counted('stop', () => watch.stop(options)),
      detach: () => watch.detach(),
    }
  }

  return {
    channel: (id, client) => engine.channel(id, client),
    channelsOf: (client) => engine.channelsOf(client),
    describe: (event) => engine.describe(event),
    startWatching: async (...args) => observedWatch(await counted('start', () => engine.startWatching(...args))),
    stopWatching: (...args) => counted('stop', () => engine.stopWatching(...args)),
  }
}
