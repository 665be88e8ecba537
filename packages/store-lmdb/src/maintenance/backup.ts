import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import type { Tables } from '../files/open-tables.ts'
import { dataFile, syncDirectory } from '../files/preflight.ts'
import { storeError } from '../files/store-error.ts'

/** Makes a consistent copy of the open store in a new directory. */
export async function backUp(root: Tables['root'], target: string): Promise<void> {
  await newDirectory(target, (partial) => root.backup(partial, true))
}

/** Copies the file of a closed store into a new directory. */
export async function copyStoreFile(from: string, to: string): Promise<void> {
  await newDirectory(to, (partial) => copyFile(join(from, dataFile), join(partial, dataFile)))
}

/**
 * Fills a directory under a temporary name and renames it once it is complete and on disk, so that what a crash leaves
 * behind is never taken for a store.
 *
 * @throws WatcherError `STORE_NOT_EMPTY`
 */
async function newDirectory(path: string, fill: (partial: string) => Promise<void>): Promise<void> {
  const target = resolve(path)
  assertFree(target)
  const partial = `${target}.partial-${randomUUID().slice(0, 8)}`
  try {
    await mkdir(partial, { recursive: true })
    await fill(partial)
    await toDisk(join(partial, dataFile))
    syncDirectory(partial)
    assertFree(target)
    await rename(partial, target)
    syncDirectory(dirname(target))
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw storeError(error, path)
  }
}

/** @throws WatcherError `STORE_NOT_EMPTY` */
export function assertFree(path: string): void {
  if (!existsSync(path)) return
  throw new WatcherError('STORE_NOT_EMPTY', 'There is something at this path already.', { details: [`Path ${path}.`] })
}

async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
