/**
 * The Perun watcher inside your own process: nothing is serialised, events come through bounded async iterators.
 *
 * @packageDocumentation
 */
export { type LocalWatcherOptions, localWatcher } from './local-watcher.ts'
export { type StartLocalWatcherOptions, startLocalWatcher } from './start-local-watcher.ts'
