/**
 * The durable store of the watcher: LMDB files in a directory.
 *
 * @packageDocumentation
 */
export type { Damage, OnDamaged } from './damage.ts'
export type { CommitStatistics } from './group-commit.ts'
export { type LmdbStore, type LmdbStoreOptions, lmdbStore } from './lmdb-store.ts'
export { type Rescue, rescueStore } from './rescue.ts'
export { ledgerOfStore, restoreStore, verifyStore } from './restore.ts'
export type { Verification, VerifyOptions } from './verify.ts'
