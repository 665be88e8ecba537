/**
 * The Perun watcher inside your own process: nothing is serialised, and events are delivered by bounded async iterators.
 *
 * @packageDocumentation
 */
export { type LocalWatcherOptions, localWatcher } from './local-watcher.ts'
export { type StartLocalWatcherOptions, startLocalWatcher } from './start-local-watcher.ts'
