/**
 * The Perun watcher without a chain, a socket or a disk: the model, the interfaces that adapters implement, the dispute
 * rules as pure functions, and the engine that applies them.
 *
 * @packageDocumentation
 */

export { type Lifetime, lifetime } from './async/lifetime.ts'
export { raceSignal } from './async/race-signal.ts'
export { type TimeLimit, timeLimit } from './async/time-limit.ts'
export { type WakeSignal, wakeSignal } from './async/wake-signal.ts'
export { type ErrorCode, errorCodes } from './errors/codes.ts'
export {
  assertNever,
  hasCode,
  isWatcherError,
  toError,
  WatcherError,
  type WatcherErrorOptions,
} from './errors/watcher-error.ts'
export { leastUseful } from './events/coalescing.ts'
export { type EventQueue, type EventQueueOptions, eventQueue } from './events/event-queue.ts'
export * from './model/brand.ts'
export * from './model/channel.ts'
export * from './model/events.ts'
export * from './model/input.ts'
export * from './model/ledger.ts'
export { stateBytes } from './model/state-size.ts'
export * from './spi/chain.ts'
export * from './spi/engine.ts'
export * from './spi/runtime.ts'
export * from './spi/store.ts'
export * from './spi/watcher.ts'
export {
  applyChange,
  assertAbsent,
  assertChannel,
  assertNewer,
  type ChannelChange,
  newChannel,
} from './store/apply-change.ts'
export { assertLedger } from './store/assert-ledger.ts'
export { memoryStore } from './store/memory-store.ts'
export { joined, locksOf, summaryOf } from './store/summary.ts'
export { putStoreItem, type StoreItem, storeItems } from './transfer/items.ts'
export { exportedLedger, exportLines, importLines } from './transfer/lines.ts'
export { checkIndexMap, checkParams, checkState } from './validation/check-state.ts'
export { localClient, parseClientName } from './validation/parse-client-name.ts'
export { isEndangeredReason, parseEvent, parseMailbox, parseRecord } from './validation/parse-event.ts'
export { limits } from './validation/parse-fields.ts'
export {
  parseBlockHash,
  parseBytes,
  parseChannelId,
  parseSignature,
  parseStateHash,
  parseTransactionHash,
} from './validation/parse-hex.ts'
export { parseLimit } from './validation/parse-limit.ts'
export { parseParams, parseSignedState, parseState, parseTransaction } from './validation/parse-state.ts'
export type { EngineDeps, EngineOptions } from './watcher/engine/engine-options.ts'
export { silentLogger } from './watcher/engine/silent-logger.ts'
export { watcherEngine } from './watcher/engine/watcher-engine.ts'
