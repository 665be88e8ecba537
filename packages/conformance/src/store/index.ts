/**
 * What every `Store` has to do, as tests for your test runner.
 *
 * @packageDocumentation
 */
export type { ChildProgram, Runner } from '../runner.ts'
export { storeChild } from './child.ts'
export { runStoreCase, storeCases, storeKit } from './kit.ts'
export type { Need, StoreCase, StoreContext, StoreKitOptions, StorePlace } from './types.ts'
