import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorePlace } from '@perun-watcher/conformance/store'
import type { LedgerId } from '@perun-watcher/core'
import { type LmdbStore, type LmdbStoreOptions, lmdbStore } from '../../src/index.ts'
import { ledger } from './channels.ts'

export interface LmdbPlace extends StorePlace {
  readonly location: string
  store(options?: Partial<LmdbStoreOptions>): LmdbStore
  damage(needle: Uint8Array): Promise<void>
  /** Another path beside the store, where nothing is yet. */
  beside(name: string): string
}

/** Opens a store for ledgers, and binds it to them. */
export async function opened(store: LmdbStore, served: readonly LedgerId[] = [ledger]): Promise<LmdbStore> {
  await store.open(served)
  for (const each of served) await store.bind(each)
  return store
}

/** A directory of its own for one store. */
export function lmdbPlace(): LmdbPlace {
  const directory = mkdtempSync(join(tmpdir(), 'store-lmdb-'))
  const location = join(directory, 'store')
  return {
    location,
    store: (options) => lmdbStore({ path: location, onDamaged: () => {}, ...options }),
    async damage(needle) {
      const file = join(location, 'data.mdb')
      const data = readFileSync(file)
      // Everywhere: pages that are free now may hold it too.
      for (let at = data.indexOf(needle); at >= 0; at = data.indexOf(needle, at + 1))
        data[at + 5] = (data[at + 5] ?? 0) ^ 0xff
      writeFileSync(file, data)
    },
    beside: (name) => join(directory, name),
    async [Symbol.asyncDispose]() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
