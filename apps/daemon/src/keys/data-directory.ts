import { mkdir, stat } from 'node:fs/promises'
import { type Logger, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/** Whoever can write to the directory can replace our files. */
const writableForOthers = 0o022
const readableForOthers = 0o055

/**
 * Creates the data directory, accessible to its owner only.
 *
 * @throws WatcherError `OPTION_INVALID` if it cannot be made, or others may write in it.
 */
export async function prepareDataDirectory(path: string, logger: Logger): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusable(path, toError(error).message)
  }
  if (process.platform === 'win32') return
  const { mode } = await stat(path)
  if ((mode & writableForOthers) !== 0) throw unusable(path, `others may write in it; chmod 700 ${path}`)
  if ((mode & readableForOthers) !== 0) logger.warn('Others may read the data directory; chmod 700 it', { path })
}

function unusable(path: string, why: string): WatcherError {
  return new WatcherError('OPTION_INVALID', 'The data directory (data.directory) cannot be used.', {
    details: [`${path}: ${why}.`],
  })
}
