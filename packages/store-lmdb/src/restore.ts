import { WatcherError } from '@perun-watcher/core'
import { assertFree, copyStoreFile } from './backup.ts'
import { openStore } from './open-store.ts'
import { isThere } from './preflight.ts'
import { type Verification, verifyTables } from './verify.ts'

/**
 * Makes a new store of a backup and reads all of it.
 *
 * What clients were acknowledged after the backup is not in it: have them start their watches again with their newest
 * states.
 *
 * @throws WatcherError `STORE_NOT_EMPTY`, `STORE_NOT_A_STORE`
 */
export async function restoreStore({
  from,
  to,
}: {
  readonly from: string
  readonly to: string
}): Promise<Verification> {
  assertThere(from)
  assertFree(to)
  await copyStoreFile(from, to)
  return await verifyStore(to)
}

/**
 * Reads every entry of a store that nobody uses, and lists what is damaged.
 *
 * @throws WatcherError `STORE_LOCKED`, `STORE_NOT_A_STORE`
 */
export async function verifyStore(path: string): Promise<Verification> {
  assertThere(path)
  const files = await openStore(path, undefined)
  try {
    return await verifyTables(files.tables)
  } finally {
    await files.close()
  }
}

/** @throws WatcherError `STORE_NOT_A_STORE` */
export function assertThere(path: string): void {
  if (isThere(path)) return
  throw new WatcherError('STORE_NOT_A_STORE', 'There is no store at this path.', { details: [`Path ${path}.`] })
}
