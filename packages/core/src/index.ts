/**
 * The Perun watcher without a chain, a socket or a disk, for applications: channels, states and events, the `Watcher` and
 * its errors, what turns input into checked values, and the engine. Authors of stores, chain backends and transports find
 * their interfaces in `@perun-watcher/core/adapter`.
 *
 * @packageDocumentation
 */

export { type ErrorCode, errorCodes } from './errors/codes.ts'
export { hasCode, isWatcherError, WatcherError, type WatcherErrorOptions } from './errors/watcher-error.ts'
export * from './model/brand.ts'
export * from './model/channel.ts'
export * from './model/events.ts'
export * from './model/input.ts'
export * from './model/ledger.ts'
export type { Capacity, ChannelStatus, ClientUsage, EngineStats, WatcherEngine } from './spi/engine.ts'
export * from './spi/runtime.ts'
export * from './spi/watcher.ts'
export { memoryStore } from './store/memory-store.ts'
export { parseClientName } from './validation/parse-client-name.ts'
export {
  parseBlockHash,
  parseBytes,
  parseChannelId,
  parseSignature,
  parseStateHash,
  parseTransactionHash,
} from './validation/parse-hex.ts'
export { parseLedgerId } from './validation/parse-ledger-id.ts'
export { parseParams, parseSignedState, parseState, parseTransaction } from './validation/parse-state.ts'
export type { EngineDeps, EngineOptions, SweepOptions } from './watcher/engine/engine-options.ts'
export { watcherEngine } from './watcher/engine/watcher-engine.ts'
