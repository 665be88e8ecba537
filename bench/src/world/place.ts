import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that lasts as long as a benchmark. */
export interface Place extends Disposable {
  readonly path: string
}

export function temporaryPlace(): Place {
  const path = mkdtempSync(join(tmpdir(), 'perun-bench-'))
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
