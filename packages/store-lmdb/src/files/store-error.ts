import { statfsSync } from 'node:fs'
import { type ErrorCode, isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/**
 * Error codes of LMDB and the system, and ours for them. Names are Node's (`fs`), numbers are `errno` and LMDB's own return
 * codes (`lmdb.h`).
 */
const meanings: Readonly<Record<string, readonly [code: ErrorCode, message: string]>> = {
  ENOSPC: ['STORE_FULL', 'The disk of the store is full.'],
  EDQUOT: ['STORE_FULL', 'The disk quota of the store is used up.'],
  EFBIG: ['STORE_FULL', 'The file of the store may not grow any more.'],
  '27': ['STORE_FULL', 'The file of the store may not grow any more.'],
  '28': ['STORE_FULL', 'The disk of the store is full.'],
  '122': ['STORE_FULL', 'The disk quota of the store is used up.'],
  '-30792': ['STORE_FULL', 'The store has no room left in its address space.'],
  EACCES: ['STORE_ACCESS_DENIED', 'The store may not be read or written.'],
  EPERM: ['STORE_ACCESS_DENIED', 'The store may not be read or written.'],
  EROFS: ['STORE_ACCESS_DENIED', 'The disk of the store is read-only.'],
  '1': ['STORE_ACCESS_DENIED', 'The store may not be read or written.'],
  '13': ['STORE_ACCESS_DENIED', 'The store may not be read or written.'],
  '30': ['STORE_ACCESS_DENIED', 'The disk of the store is read-only.'],
  ENOTDIR: ['STORE_NOT_A_STORE', 'The path of the store leads through a file.'],
  EEXIST: ['STORE_NOT_A_STORE', 'The path of the store is a file.'],
  '-30793': ['STORE_NOT_A_STORE', 'The file is not one of LMDB.'],
  '-30794': ['STORE_NOT_A_STORE', 'The file was written by another version of LMDB.'],
  '-30796': ['STORE_CORRUPT', 'The file of the store is damaged.'],
  '-30797': ['STORE_CORRUPT', 'A page is missing in the file of the store.'],
}

/** EIO, which LMDB also reports when a full disk cuts a write short. */
const shortWrite = '5'
const almostNothing = 64 * 1_024

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** Translates any error of LMDB or the file system. */
export function storeError(error: unknown, path: string): WatcherError {
  if (isWatcherError(error)) return error
  const code = codeOf(error)
  const isFull = code === shortWrite && freeBytes(path) < almostNothing
  const [ours, message] = meanings[isFull ? '28' : code] ?? ['STORE_FAILED', 'The store failed.']
  return new WatcherError(ours, message, { details: [`Path ${path}.`, toError(error).message], cause: error })
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    // Unknown: then LMDB's own code counts.
    return Number.POSITIVE_INFINITY
  }
}

/** The cause of a failed transaction: lmdb-js rejects with a generic error and delivers the real one separately. */
export async function commitError(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null || !('commitError' in error)) return error
  try {
    await error.commitError
  } catch (cause) {
    return cause
  }
  return error
}

export function closedError(what: string): WatcherError {
  return new WatcherError('STORE_CLOSED', `The store is not open${what === '' ? '' : `: ${what}`}.`)
}
