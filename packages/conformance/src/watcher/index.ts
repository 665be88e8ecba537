/**
 * What every `Watcher` has to do, local or remote, as tests for your test runner.
 *
 * @packageDocumentation
 */
export type { Runner } from '../runner.ts'
export { runWatcherCase, watcherCases, watcherKit } from './kit.ts'
export type { WatcherCase, WatcherContext, WatcherKitOptions, WatcherNeed, WatcherPlace } from './types.ts'
