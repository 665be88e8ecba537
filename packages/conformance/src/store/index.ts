/**
 * What every `Store` has to do, as tests for your test runner.
 *
 * @packageDocumentation
 */
export { storeChild } from './child.ts'
export { runStoreCase, storeCases, storeKit } from './kit.ts'
export type { ChildProgram, Need, Runner, StoreCase, StoreContext, StoreKitOptions, StorePlace } from './types.ts'
