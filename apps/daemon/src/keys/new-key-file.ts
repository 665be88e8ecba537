import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'

/**
 * Writes a new key file that only its owner may read. It appears complete and synced to disk, or not at all; an existing file
 * is never overwritten.
 *
 * @throws WatcherError `OPTION_INVALID` if there is something at the path, or it cannot be written.
 */
export async function writeNewKeyFile(path: string, text: string): Promise<void> {
  const partial = `${path}.partial-${process.pid}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // Left by one that was killed: in a container all have the same number.
    await rm(partial, { force: true })
    await writeSynced(partial, text)
    // Unlike a rename, a link fails if the target exists.
    await link(partial, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    throw new WatcherError('OPTION_INVALID', 'The key file cannot be written.', {
      details: [`${path}: ${toError(error).message}.`],
    })
  } finally {
    await rm(partial, { force: true })
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
