import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that lasts as long as a benchmark, and not longer than the process. */
export interface Place extends Disposable {
  readonly path: string
}

export function temporaryPlace(): Place {
  const path = mkdtempSync(join(tmpdir(), 'perun-bench-'))
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
