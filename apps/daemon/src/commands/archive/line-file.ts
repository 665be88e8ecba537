import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { type AbortOptions, isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { splitLines } from '../../control/split-lines.ts'

/** How many characters are buffered before they are written. */
const batchLength = 256 * 1_024

/** In characters. Even a channel with many full mailboxes is far shorter. */
const longestLine = 64 * 1_024 * 1_024

/**
 * Writes lines to a new file that only its owner may read. It appears under its name once it is complete and synced.
 *
 * @throws WatcherError `STORE_NOT_EMPTY` if the file exists, `OPTION_INVALID` if it cannot be written
 */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  assertAbsent(path)
  const partial = `${path}.partial-${randomUUID().slice(0, 8)}`
  const file = await open(partial, 'wx', 0o600).catch((error: unknown) => {
    throw fileError('The file cannot be written.', path, error)
  })
  try {
    await fill(file, lines)
    await file.sync()
    await file.close()
    assertAbsent(path)
    await rename(partial, path)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(partial, { force: true })
    throw isSystemError(error) ? fileError('The file cannot be written.', path, error) : error
  }
}

async function fill(file: FileHandle, lines: AsyncIterable<string>): Promise<void> {
  let waiting: string[] = []
  let length = 0
  for await (const line of lines) {
    waiting.push(line, '\n')
    length += line.length
    if (length < batchLength) continue
    await file.writeFile(waiting.join(''))
    waiting = []
    length = 0
  }
  await file.writeFile(waiting.join(''))
}

function assertAbsent(path: string): void {
  if (!existsSync(path)) return
  throw new WatcherError('STORE_NOT_EMPTY', 'There already is something at this path.', { details: [`Path ${path}.`] })
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

/**
 * The lines of a file of any size, one at a time.
 *
 * @throws WatcherError `EXPORT_INVALID` if a line is too long, `OPTION_INVALID` if it cannot be read
 */
export async function* readLines(path: string, { signal }: AbortOptions = {}): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, { encoding: 'utf8' })
  try {
    for await (const line of splitLines(stream, longestLine, () => tooLong(path))) {
      signal?.throwIfAborted()
      yield line
    }
  } catch (error) {
    throw isSystemError(error) ? fileError('The file cannot be read.', path, error) : error
  } finally {
    stream.destroy()
  }
}

function tooLong(path: string): WatcherError {
  return new WatcherError('EXPORT_INVALID', 'The file is not an export: a line is too long.', {
    details: [`Path ${path}; more than ${longestLine} characters.`],
  })
}

/** A file system error about a given path. */
function fileError(what: string, path: string, error: unknown): WatcherError {
  if (isWatcherError(error)) return error
  return new WatcherError('OPTION_INVALID', what, { details: [`Path ${path}.`, toError(error).message], cause: error })
}
