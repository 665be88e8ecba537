/**
 * The durable store of the watcher: LMDB files in a directory.
 *
 * @packageDocumentation
 */
export type { Damage, OnDamaged } from './damage.ts'
export type { CommitStatistics } from './group-commit.ts'
export { type LmdbStore, type LmdbStoreOptions, lmdbStore } from './lmdb-store.ts'
export { rescueStore } from './rescue.ts'
export { restoreStore, verifyStore } from './restore.ts'
export type { Verification } from './verify.ts'
