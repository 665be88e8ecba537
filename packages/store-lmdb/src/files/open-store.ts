import { realpathSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { assertFormat, bind } from './meta.ts'
import { openTables, type Tables } from './open-tables.ts'
import { locked, type Ownership, takeOwnership } from './ownership.ts'
import { preflight, syncDirectory } from './preflight.ts'
import { storeError } from './store-error.ts'

/** A store whose files this process holds. */
export interface OpenStore {
  /** @throws WatcherError `STORE_FAILED` while the files cannot be used after a failure of the disk */
  tables(): Tables
  /** After a failed transaction: LMDB may have given the files up for good, and they have to be opened anew. */
  revive(): Promise<void>
  close(): Promise<void>
}

/** Directories that are open in this process: LMDB must not open one twice. */
const here = new Set<string>()

/**
 * Opens the files for this process alone. With a ledger, the store is made or becomes one of that ledger and of this
 * format.
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
      // The thread that wrote reports before it lets go of the files.
      await setImmediate()
      if (tables !== undefined && isUsable(tables)) return
      await tables?.root.close()
      tables = undefined
      tables = openTables(path)
    },
    async close() {
      // A name that cannot be taken out harms nobody: its socket is gone.
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
 * Whether a transaction can be begun; after a failed write of its meta page, LMDB refuses all. Found out by reading:
 * lmdb-js does not notice when a write transaction cannot be begun, and goes on without one.
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
