/**
 * The durable store of the watcher: LMDB files in a directory.
 *
 * @packageDocumentation
 */

export type { CommitStatistics } from './commits/group-commit.ts'
export { type LmdbStore, type LmdbStoreOptions, lmdbStore } from './lmdb-store.ts'
export type { Verification, VerifyOptions } from './maintenance/verify.ts'
export { type Rescue, rescueStore } from './offline/rescue.ts'
export { ledgerOfStore, restoreStore, verifyStore } from './offline/restore.ts'
export type { Damage, OnDamaged } from './reading/damage.ts'
