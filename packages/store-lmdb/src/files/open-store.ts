import { realpathSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { assertFormat, bind } from './meta.ts'
import { openTables, type Tables } from './open-tables.ts'
import { locked, type Ownership, takeOwnership } from './ownership.ts'
import { preflight, syncDirectory } from './preflight.ts'
import { storeError } from './store-error.ts'

/** A store whose files this process owns. */
export interface OpenStore {
  /** @throws WatcherError `STORE_FAILED` while the files cannot be reopened after a disk failure */
  tables(): Tables
  /** Call it after a failed transaction: reopens the files if LMDB refuses to use them any further. */
  revive(): Promise<void>
  close(): Promise<void>
}

/** Directories that are open in this process: LMDB must not open the same one twice. */
const here = new Set<string>()

/**
 * Opens the files for this process alone. With a ledger, the store is created or migrated, and bound to that ledger.
 */
export async function openStore(path: string, ledgerId: string | undefined): Promise<OpenStore> {
  preflight(path)
  const directory = realpathSync(path)
  if (here.has(directory)) throw locked(directory, process)
  here.add(directory)
  try {
    return await opened(directory, ledgerId, () => here.delete(directory))
  } catch (error) {
    here.delete(directory)
    throw storeError(error, path)
  }
}

async function opened(path: string, ledgerId: string | undefined, onClose: () => void): Promise<OpenStore> {
  let tables: Tables | undefined = openTables(path)
  const ownership = await owned(path, tables, ledgerId)
  return {
    tables() {
      if (tables === undefined) throw storeError(new Error('The files could not be opened again.'), path)
      return tables
    },
    async revive() {
      // lmdb-js' write thread reports the failure before it releases the files.
      await setImmediate()
      if (tables !== undefined && isUsable(tables)) return
      await tables?.root.close()
      tables = undefined
      tables = openTables(path)
    },
    async close() {
      // A name that cannot be removed does no harm: nobody listens at its socket any more.
      if (tables !== undefined) await ownership.release(tables).catch(() => {})
      await tables?.root.close()
      onClose()
    },
  }
}

async function owned(path: string, tables: Tables, ledgerId: string | undefined): Promise<Ownership> {
  let ownership: Ownership | undefined
  try {
    syncDirectory(path)
    assertFormat(tables)
    ownership = await takeOwnership(path, tables)
    if (ledgerId !== undefined) await tables.root.childTransaction(() => bind(tables, ledgerId))
    return ownership
  } catch (error) {
    await ownership?.release(tables).catch(() => {})
    await tables.root.close()
    throw error
  }
}

/**
 * Whether transactions can be started: after a failed write of its meta page LMDB refuses all. Tested with a read, because
 * lmdb-js does not notice when a write transaction cannot be started, and carries on without one.
 */
function isUsable({ root }: Tables): boolean {
  try {
    root.resetReadTxn()
    root.getBinary(anyKey)
    return true
  } catch {
    return false
  }
}

const anyKey = Buffer.from('meta')
