import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type AbortOptions, type LedgerId, WatcherError } from '@perun-watcher/core'
import { exportedLedgers, exportLines, importLines } from '@perun-watcher/core/adapter'
import { ledgersOfStore, lmdbStore } from '@perun-watcher/store-lmdb'
import { readLines, writeLines } from './line-file.ts'

/** Options for work on a store that no daemon uses. `onProgress` hears how many items were processed. */
export interface WorkOptions extends AbortOptions {
  readonly onProgress?: ((count: number) => void) | undefined
}

/** @throws WatcherError `STORE_LOCKED` while a daemon runs, `STORE_NOT_A_STORE`, `STORE_NOT_EMPTY` */
export async function backUpStore(store: string, to: string, options: AbortOptions = {}): Promise<void> {
  await using source = lmdbStore({ path: store })
  await source.open(await ledgersOfStore(store), options)
  await source.backup(to, options)
}

/**
 * Writes everything in a store to a new file, as lines of JSON.
 *
 * @returns the number of items.
 * @throws WatcherError `STORE_LOCKED` while a daemon runs, `STORE_NOT_A_STORE`, `STORE_NOT_EMPTY`, `OPTION_INVALID`
 */
export async function exportStore(store: string, file: string, options: WorkOptions = {}): Promise<number> {
  const { signal, onProgress } = options
  const ledgers = await ledgersOfStore(store)
  await using source = lmdbStore({ path: store })
  await source.open(ledgers, { signal })
  let lines = 0
  async function* counted(): AsyncGenerator<string> {
    for await (const line of exportLines(source, { signal })) {
      onProgress?.(++lines)
      yield line
    }
  }
  await writeLines(file, counted())
  // The first and the last line are no items.
  return lines - 2
}

/**
 * Creates a store from an export. It appears under its name only when complete: a daemon must never guard half of it.
 *
 * @returns the number of items.
 * @throws WatcherError `EXPORT_INVALID`, `STORE_NOT_EMPTY`, `OPTION_INVALID`
 */
export async function importStore(file: string, store: string, options: WorkOptions = {}): Promise<number> {
  assertAbsent(store)
  await mkdir(dirname(store), { recursive: true, mode: 0o700 })
  const partial = `${dirname(store)}/import-${randomUUID().slice(0, 8)}`
  try {
    const items = await fillStore(partial, file, options)
    assertAbsent(store)
    await rename(partial, store)
    return items
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function fillStore(path: string, file: string, { signal, onProgress }: WorkOptions): Promise<number> {
  const ledgers = await ledgersOfExport(file)
  await using target = lmdbStore({ path })
  await target.open(ledgers, { signal })
  let lines = 0
  async function* counted(): AsyncGenerator<string> {
    for await (const line of readLines(file, { signal })) {
      onProgress?.(++lines)
      yield line
    }
  }
  return await importLines(target, counted(), { signal })
}

async function ledgersOfExport(file: string): Promise<readonly LedgerId[]> {
  for await (const line of readLines(file)) return exportedLedgers(line)
  return exportedLedgers('')
}

function assertAbsent(store: string): void {
  if (!existsSync(store)) return
  throw new WatcherError('STORE_NOT_EMPTY', 'There is a store already.', { details: [`Path ${store}.`] })
}
