import { type LedgerId, WatcherError } from '@perun-watcher/core'
import { readLedgers } from '../files/meta.ts'
import { openStore } from '../files/open-store.ts'
import { isThere } from '../files/preflight.ts'
import { assertFree, copyStoreFile } from '../maintenance/backup.ts'
import { type Verification, type VerifyOptions, verifyTables } from '../maintenance/verify.ts'

/**
 * Creates a new store from a backup and verifies it.
 *
 * States that were acknowledged after the backup are missing: have all clients start their watches again with their newest
 * states.
 *
 * @throws WatcherError `STORE_NOT_EMPTY`, `STORE_NOT_A_STORE`
 */
export async function restoreStore(
  { from, to }: { readonly from: string; readonly to: string },
  options: VerifyOptions = {},
): Promise<Verification> {
  options.signal?.throwIfAborted()
  assertThere(from)
  assertFree(to)
  await copyStoreFile(from, to)
  return await verifyStore(to, options)
}

/**
 * Reads every entry of a store that is not in use, and lists what is damaged.
 *
 * @throws WatcherError `STORE_LOCKED`, `STORE_NOT_A_STORE`
 */
export async function verifyStore(path: string, options: VerifyOptions = {}): Promise<Verification> {
  options.signal?.throwIfAborted()
  assertThere(path)
  const files = await openStore(path)
  try {
    return await verifyTables(files.tables, options)
  } finally {
    await files.close()
  }
}

/**
 * The ledgers of a store that is not in use, so that it can be opened by its path alone.
 *
 * @throws WatcherError `STORE_LOCKED`, `STORE_NOT_A_STORE`; `STORE_CORRUPT` where they cannot be read
 */
export async function ledgersOfStore(path: string): Promise<readonly LedgerId[]> {
  assertThere(path)
  const files = await openStore(path)
  try {
    const ledgers = readLedgers(files.tables())
    if (ledgers.length > 0) return ledgers
  } finally {
    await files.close()
  }
  throw new WatcherError('STORE_NOT_A_STORE', 'The store at this path was never used.', { details: [`Path ${path}.`] })
}

/** @throws WatcherError `STORE_NOT_A_STORE` */
export function assertThere(path: string): void {
  if (isThere(path)) return
  throw new WatcherError('STORE_NOT_A_STORE', 'There is no store at this path.', { details: [`Path ${path}.`] })
}
