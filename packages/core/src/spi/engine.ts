import type { ChannelId } from '../model/brand.ts'
import type { AdjudicatorEvent } from '../model/events.ts'
import type { SignedStateInput, TransactionInput } from '../model/input.ts'
import type { AbortOptions } from './runtime.ts'
import type { StartWatchingOptions } from './watcher.ts'

/** Where the engine puts the events of one watch. Must neither block nor throw: a refutation never waits for a reader. */
export interface EventSink {
  push(event: AdjudicatorEvent): void
  /** No more events; `error` says why, unless the watch was stopped or the watcher shut down. */
  end(error?: Error): void
}

export interface EngineWatchOptions extends StartWatchingOptions {
  /**
   * Whose watch it is: the same object for all watches of one client, who cannot leave a channel before its
   * sub-channels. Default: a client of its own.
   */
  readonly client?: object | undefined
}

/** One client's watch of one channel. */
export interface EngineWatch {
  readonly channelId: ChannelId
  publish(transaction: TransactionInput, options?: AbortOptions): Promise<void>
  /** Ends this client's watch; the channel stays guarded while another client watches it. */
  stop(options?: AbortOptions): Promise<void>
}

/** The watcher without a transport: a transport gives it sinks and offers its watches as a `Watcher`. */
export interface WatcherEngine extends AsyncDisposable {
  /** Rebuilds from the store, catches up with the chain and resumes disputes; only then clients are accepted. */
  start(options?: AbortOptions): Promise<void>
  startWatching(channel: SignedStateInput, sink: EventSink, options?: EngineWatchOptions): Promise<EngineWatch>
  /** Finishes disputes in flight, then ends every watch. */
  shutdown(options?: AbortOptions): Promise<void>
}
