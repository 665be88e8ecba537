import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file or a directory that lasts as long as a benchmark, and not longer than the process. */
export interface TemporaryPath extends Disposable {
  readonly path: string
}

export function temporaryFolder(): TemporaryPath {
  return removedLater(mkdtempSync(join(tmpdir(), 'perun-bench-')))
}

/** Removes a file or a directory when it is disposed of, or else when the process ends. */
export function removedLater(path: string): TemporaryPath {
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    path,
    [Symbol.dispose]() {
      process.off('exit', remove)
      remove()
    },
  }
}
