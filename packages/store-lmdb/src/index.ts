/**
 * The durable store of the watcher: LMDB files in a directory.
 *
 * @packageDocumentation
 */

export type { Damage, OnDamaged } from './codec/damage.ts'
export type { CommitStatistics } from './commits/group-commit.ts'
export { type LmdbStore, type LmdbStoreOptions, lmdbStore } from './lmdb-store.ts'
export type { Verification, VerifiedLedger, VerifyOptions } from './maintenance/verify.ts'
export { type Rescue, rescueStore } from './offline/rescue.ts'
export { ledgersOfStore, restoreStore, verifyStore } from './offline/restore.ts'
