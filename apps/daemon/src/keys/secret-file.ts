import type { Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** Far longer than any key, mnemonic or keystore. */
const longestFile = 64 * 1024

/** Permissions of anybody but the owner. */
const forOthers = 0o077

/**
 * The text of a file that holds a secret; its contents are never part of an error.
 *
 * @param key the setting that names the file, for errors.
 * @throws WatcherError `OPTION_INVALID` if it cannot be read, is no plain file, is too long, or others may read it.
 */
export async function readSecretFile(path: string, key: string): Promise<string> {
  try {
    const handle = await open(path, 'r')
    try {
      // Of the open file, so that it cannot be replaced in between.
      assertPrivate(path, key, await handle.stat())
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof WatcherError) throw error
    throw unusable(key, [`${path}: ${toError(error).message}.`])
  }
}

function assertPrivate(path: string, key: string, stats: Stats): void {
  if (!stats.isFile()) throw unusable(key, [`${path} is not a regular file.`])
  if (stats.size > longestFile) throw unusable(key, [`${path} is longer than ${longestFile} bytes.`])
  if (process.platform === 'win32' || (stats.mode & forOthers) === 0) return
  const mode = (stats.mode & 0o777).toString(8)
  throw unusable(key, [`Others may use ${path} (its mode is ${mode}). Restrict it: chmod 600 ${path}`])
}

function unusable(key: string, details: readonly string[]): WatcherError {
  return new WatcherError('OPTION_INVALID', `The file of ${key} cannot be used.`, { details })
}

/** Without the line break that editors leave at the end. */
export async function readSecretLine(path: string, key: string): Promise<string> {
  return (await readSecretFile(path, key)).replace(/\r?\n$/, '')
}
