import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, truncateSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { storeError } from './store-error.ts'

/** LMDB's name for the data file. */
export const dataFile = 'data.mdb'

/** Offsets in a meta page of LMDB (`MDB_meta` in `mdb.c` of lmdb-js, behind a page header of 24 bytes). */
const metaPage = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, end: 160 } as const
const magic = 0xbeefc0de
const pageSizes = [4_096, 8_192, 16_384, 32_768, 65_536]

/**
 * Creates the directory, and checks the file before LMDB opens it. LMDB trusts the file: it maps it into memory, and the
 * process is killed (SIGBUS) when a page lies beyond its end.
 *
 * @throws WatcherError `STORE_NOT_A_STORE`, `STORE_ACCESS_DENIED`
 */
export function preflight(path: string): void {
  try {
    makeDirectory(resolve(path))
    if (isThere(path)) checkFile(join(path, dataFile))
  } catch (error) {
    throw storeError(error, path)
  }
}

function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; ; made = dirname(made)) {
    syncDirectory(dirname(made))
    if (made === resolve(first) || made === dirname(made)) return
  }
}

/** Files survive a power loss only if their directory entry is synced, too. Windows does that by itself. */
export function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Whether there is a store at a path, possibly a damaged one. */
export const isThere = (path: string): boolean => existsSync(join(path, dataFile))

function checkFile(file: string): void {
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    // Empty: the process died while it created the file. LMDB starts from scratch.
    if (size > 0) checkMeta(handle, file, size)
  } finally {
    closeSync(handle)
  }
}

function checkMeta(handle: number, file: string, size: number): void {
  const ends = pageSizes.flatMap((pageSize) => {
    const pages = [0, pageSize].map((offset) => readMeta(handle, offset))
    return pages.flatMap((page) => (page?.pageSize === pageSize ? [page] : []))
  })
  const newest = ends.toSorted((a, b) => Number(b.transaction - a.transaction))[0]
  if (newest === undefined) {
    throw new WatcherError('STORE_NOT_A_STORE', 'The file is not one of LMDB.', { details: [`File ${file}.`] })
  }
  const wanted = (Number(newest.lastPage) + 1) * newest.pageSize
  // A truncated file: with zeros in place of the missing end, LMDB reports the damage instead of crashing the process.
  if (size < wanted) truncateSync(file, wanted)
}

interface MetaPage {
  readonly pageSize: number
  readonly lastPage: bigint
  readonly transaction: bigint
}

function readMeta(handle: number, offset: number): MetaPage | undefined {
  const page = Buffer.alloc(metaPage.end)
  if (readSync(handle, page, 0, metaPage.end, offset) < metaPage.end) return undefined
  if (page.readUInt32LE(metaPage.magic) !== magic) return undefined
  return {
    pageSize: page.readUInt32LE(metaPage.pageSize),
    lastPage: page.readBigUInt64LE(metaPage.lastPage),
    transaction: page.readBigUInt64LE(metaPage.transaction),
  }
}
