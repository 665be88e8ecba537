import { realpathSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { LedgerId } from '@perun-watcher/core'
import type { OnDamaged } from '../codec/damage.ts'
import { assertFormat, prepare } from './meta.ts'
import { openTables, type Tables } from './open-tables.ts'
import { locked, type Ownership, takeOwnership } from './ownership.ts'
import { preflight, syncDirectory } from './preflight.ts'
import { commitError, storeError } from './store-error.ts'

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

/** What makes a store of files that may be new, or of an older format. */
export interface Preparation {
  /** Whatever the store is bound to already must be among these. */
  readonly served: readonly LedgerId[]
  readonly onDamaged: OnDamaged
}

/** Opens the files for this process alone. With a preparation, the store is created or migrated; without, left as it is. */
export async function openStore(path: string, preparation?: Preparation): Promise<OpenStore> {
  preflight(path)
  const directory = realpathSync(path)
  if (here.has(directory)) throw locked(directory, process)
  here.add(directory)
  try {
    return await opened(directory, preparation, () => here.delete(directory))
  } catch (error) {
    here.delete(directory)
    throw storeError(await commitError(error), path)
  }
}

async function opened(path: string, preparation: Preparation | undefined, onClose: () => void): Promise<OpenStore> {
  let tables: Tables | undefined = openTables(path)
  const ownership = await owned(path, tables, preparation)
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
      if (tables !== undefined) await ownership.release(tables).catch(commitError)
      await tables?.root.close()
      onClose()
    },
  }
}

async function owned(path: string, tables: Tables, preparation: Preparation | undefined): Promise<Ownership> {
  let ownership: Ownership | undefined
  try {
    syncDirectory(path)
    assertFormat(tables)
    ownership = await takeOwnership(path, tables)
    if (preparation !== undefined) {
      const { served, onDamaged } = preparation
      await tables.root.childTransaction(() => prepare(tables, served, onDamaged))
    }
    return ownership
  } catch (error) {
    await ownership?.release(tables).catch(commitError)
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
