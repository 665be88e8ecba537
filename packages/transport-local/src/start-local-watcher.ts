import {
  type AbortOptions,
  type EngineDeps,
  type EngineOptions,
  type Watcher,
  watcherEngine,
} from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { type LocalWatcherOptions, localWatcher } from './local-watcher.ts'

/** Clock and randomness default to the machine's own. */
export interface StartLocalWatcherOptions
  extends Pick<EngineDeps, 'chain' | 'store' | 'logger'>,
    Partial<Pick<EngineDeps, 'clock' | 'random'>>,
    EngineOptions,
    LocalWatcherOptions,
    AbortOptions {}

/**
 * Creates an engine, starts it and returns the watcher. Resolves once the engine has caught up with the chain and resumed
 * what a previous run left behind, or after a minute without that (`WatcherEngine.start`). The watcher's `shutdown` also closes `chain` and `store`.
 */
export async function startLocalWatcher(options: StartLocalWatcherOptions): Promise<Watcher> {
  const { chain, store, logger, clock = systemClock, random = systemRandom, signal } = options
  const engine = watcherEngine({ chain, store, clock, random, logger }, options)
  const watcher = localWatcher(engine, options)
  await engine.start({ signal })
  return watcher
}
