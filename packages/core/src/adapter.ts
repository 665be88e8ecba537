/**
 * For authors of stores, chain backends and transports: the interfaces that the engine and an adapter see of each other,
 * and the parts that every adapter of a kind would otherwise write for itself. Errors, the model and its `parse…` functions
 * are in the main entry.
 *
 * @packageDocumentation
 */

export { type WakeSignal, wakeSignal } from './async/wake-signal.ts'
export { assertNever, toError } from './errors/watcher-error.ts'
export { type EventQueue, type EventQueueOptions, eventQueue } from './events/event-queue.ts'
export { stateBytes } from './model/state-size.ts'
export { perunRules } from './rules/perun-rules.ts'
export { type BudgetName, budgetNames, type SpendingBudgets } from './spending/budgets.ts'
export type { Share } from './spending/shares.ts'
export {
  type RoomCircumstances,
  type SpendingBook,
  type SpendingBookOptions,
  type SpendingView,
  spendingBook,
} from './spending/spending-book.ts'
export * from './spi/chain.ts'
export type { EngineStopOptions, EngineWatch, EngineWatchOptions, EventSink } from './spi/engine.ts'
export * from './spi/spending.ts'
export * from './spi/store.ts'
export {
  applyChange,
  assertAbsent,
  assertAbsentLine,
  assertChannel,
  assertLine,
  assertNewer,
  type ChannelChange,
  historyWith,
  historyWithout,
  newChannel,
  noHistory,
  withRecord,
} from './store/apply-change.ts'
export { assertServed } from './store/assert-ledger.ts'
export { memoryJournal } from './store/memory-journal.ts'
export { memorySpendingLog } from './store/memory-spending-log.ts'
export { locksOf, olderLocksOf, summaryOf } from './store/summary.ts'
export { exportedLedgers, exportLines, importLines } from './transfer/lines.ts'
export { checkParams, checkState } from './validation/check-state.ts'
export { localClient } from './validation/parse-client-name.ts'
export { parseMailbox, parseRecord } from './validation/parse-event.ts'
export { silentLogger } from './watcher/engine/silent-logger.ts'
