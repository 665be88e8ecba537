/**
 * For the other packages of perun-watcher only. Anything here may change or go in any release, without notice; what an
 * adapter of yours needs from here belongs in `@perun-watcher/core/adapter`: please ask for it.
 *
 * @packageDocumentation
 */

export { type BackOff, backOffMs, defaultBackOff } from './async/back-off.ts'
export { type Deferred, deferred } from './async/deferred.ts'
export { firstOf } from './async/first-of.ts'
export { type KeyedMutex, keyedMutex } from './async/keyed-mutex.ts'
export { type Lifetime, lifetime } from './async/lifetime.ts'
export { mapConcurrently } from './async/map-concurrently.ts'
export { raceSignal } from './async/race-signal.ts'
export { type RetryDeps, retry } from './async/retry.ts'
export { steadyClock } from './async/steady-clock.ts'
export { type TimeLimit, timeLimit } from './async/time-limit.ts'
export { withScope } from './async/with-scope.ts'
export { answerableWithin, capacityFor, type LedgerWindow } from './dispute/capacity.ts'
export { leastUseful } from './events/coalescing.ts'
export { joined } from './store/summary.ts'
export { itemWriter, type StoreItem, storeItems } from './transfer/items.ts'
export { checkIndexMap } from './validation/check-state.ts'
export { isEndangeredReason, parseEvent } from './validation/parse-event.ts'
export { limits } from './validation/parse-fields.ts'
export { parseLimit } from './validation/parse-limit.ts'
